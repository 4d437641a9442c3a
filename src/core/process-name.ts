// Which process of a server something is told of: a cluster has several that serve.

export interface ServingProcess {
  /** Name of the server. */
  readonly server: string
  /** Pid of the process, where more than one serves. */
  readonly process?: number
}

/** `web`, or `web (process 4711)` where several serve. */
export function processName({ server, process }: ServingProcess): string {
  return process === undefined ? server : `${server} (process ${process})`
}
