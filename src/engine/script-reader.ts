// Reads scripts of a server and their source maps, for those who map positions to the user's source.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { SourceReader } from '../analysis/source-position.ts'

/** What we run in the server is not the server's. */
export const agentScripts: readonly string[] = [new URL('../agent/', import.meta.url).href]

/** As the agent tells of it. */
export interface ProfiledScript {
  readonly url: string
  readonly sourceMapURL: string
}

/** Source maps as V8 was told of them, and those that lie beside the scripts. */
export function readerOf(scripts: readonly ProfiledScript[]): SourceReader {
  const maps = new Map(scripts.map(({ url, sourceMapURL }) => [url, sourceMapURL]))
  return {
    root: pathToFileURL(process.cwd()).href,
    sourceMapOf: (url) => maps.get(url) || undefined,
    read(url) {
      try {
        return readFileSync(new URL(url), 'utf8')
      } catch {
        return undefined
      }
    },
  }
}
