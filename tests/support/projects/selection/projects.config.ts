// Projects of the user's own, one of them with a Vite plugin and so with a server of its own.
import { defineConfig } from 'vitest/config'
import { loadTesting } from '../../../../src/plugin/index.ts'
import { alias, outputDir } from '../fixture-config.ts'

const answer = {
  name: 'answer',
  resolveId: (id: string) => (id === 'virtual:answer' ? `\0${id}` : undefined),
  load: (id: string) => (id === '\0virtual:answer' ? 'export default 42' : undefined),
}

export default defineConfig({
  resolve: { alias },
  plugins: [
    loadTesting({
      name: 'stress',
      include: 'src/settings.load.ts',
      baseUrl: 'http://127.0.0.1:9',
      allowHosts: ['*.example.com'],
      maxErrorRate: 0.2,
      inconclusive: 'skip',
      outputDir,
    }),
  ],
  test: {
    setupFiles: ['./root-setup.ts'],
    projects: [
      { test: { name: 'first', include: ['src/**/*.check.ts'] } },
      { plugins: [answer], test: { name: 'second', include: ['src/**/*.virtual.ts'] } },
    ],
  },
})
