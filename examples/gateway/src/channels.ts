// The names under which the processes of one schema talk to each other through the database.

export type Channels = {
  /** What a job has come to, as JSON. */
  readonly jobs: string
  /** There is work. */
  readonly work: string
  /** A client has changed: its id. */
  readonly clients: string
}

export function channelsOf(schema: string): Channels {
  return { jobs: `${schema}_jobs`, work: `${schema}_work`, clients: `${schema}_clients` }
}
