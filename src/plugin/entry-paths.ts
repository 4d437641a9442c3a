// Where the files are that Vitest loads by path: beside this one, in the sources as in the built package.
import { fileURLToPath } from 'node:url'

// The extension is that of this very file: .ts in the repository, .js in the package.
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'))

export const setupPath = entry('../vitest/setup')
export const reporterPath = entry('../../reporters/index')

function entry(path: string): string {
  return fileURLToPath(new URL(`${path}${extension}`, import.meta.url))
}
