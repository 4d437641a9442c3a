// The settings of the project that this test file belongs to: handed over by the plugin, completed by the environment.
import { inject } from 'vitest'
import { readSettings, type Settings } from '../core/settings.ts'

declare module 'vitest' {
  interface ProvidedContext {
    'vitest-load': Partial<Settings>
  }
}

/** The defaults where the setup file is used without the plugin. */
export function projectSettings(): Settings {
  return readSettings(inject('vitest-load') ?? {}, process.env)
}
