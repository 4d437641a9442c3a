// Says why a server did not become ready: how it ended, what it answered, which port it opened, what it wrote.
import { setTimeout as sleep } from 'node:timers/promises'
import { LoadTestError } from '../core/errors.ts'
import { redactText } from '../core/redact.ts'
import { formatMs } from '../core/units.ts'
import { listeningPorts } from './listening-ports.ts'
import { readProcessTable } from './process-table.ts'
import { processTree } from './process-tree.ts'
import type { Readiness } from './ready.ts'
import type { ServerExit } from './server-exit.ts'
import type { ServerProcess } from './server-process.ts'

export interface Attempt {
  readonly command: string
  readonly port: number
  readonly limit: number
}

const drainLimit = 500

/** To be called while a late server still runs, because its open ports are looked at. */
export async function explainFailure(
  attempt: Attempt,
  life: ServerProcess,
  readiness: Readiness,
): Promise<LoadTestError> {
  const lines =
    readiness.is === 'late'
      ? [
          `serve(): "${attempt.command}" was not ready within ${formatMs(attempt.limit)}: ${redactText(readiness.why)}`,
          ...(await portAdvice(attempt.port, life.pid)),
        ]
      : [`serve(): "${attempt.command}" ended before it was ready: ${describeExit(await life.ended)}`]
  if (life.exit !== undefined) await lastWords(life)
  return new LoadTestError('server-failed', [...lines, life.log.excerpt()].join('\n'))
}

/** The exit may be noticed before the last of the output has been read: resolves when it has, or after 500 ms. */
export async function lastWords(life: ServerProcess): Promise<void> {
  await Promise.race([life.drained, sleep(drainLimit)])
}

/** `exit code 1`, `signal SIGKILL`. */
export function describeExit(exit: ServerExit): string {
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`
}

async function portAdvice(port: number, pid: number): Promise<string[]> {
  const open = listeningPorts(processTree(await readProcessTable(), [pid]))
  const asked = open.find((listener) => listener.port === port)
  if (asked?.onLoopback) return []
  if (asked) return [`  it listens on port ${port}, but not on 127.0.0.1: listen on 127.0.0.1 or on all addresses`]
  if (open.length === 0) return []
  const ports = open.map((listener) => listener.port).join(', ')
  return [
    `  it listens on ${ports}, not on the port in PORT (${port}): read process.env.PORT, or put {port} in the command`,
  ]
}
