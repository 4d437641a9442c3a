// What the agent in a server and its owner say to each other: JSON, a message a line. Types alone.

/** The first line of every process that loaded the agent. */
export interface Hello {
  readonly pid: number
  readonly ppid: number
  /** `v24.1.0` */
  readonly node: string
  /** The path of its program; its title where there is none. */
  readonly title: string
  /** Its number among the workers of `node:cluster`. */
  readonly worker?: number
}

/** What an observed process says once a second. The names are those of the series of a run. */
export interface Reading {
  /** In ms of `process.hrtime`, one clock for all processes of a host. */
  readonly at: number
  readonly values: ReadingValues
  /** `handles` by type, as `process.getActiveResourcesInfo()` calls them. */
  readonly handleTypes: Readonly<Record<string, number>>
}

/** Sizes in bytes, times in ms, shares of the time since the reading before, 0 to 1. */
export interface ReadingValues {
  readonly heapUsed: number
  readonly heapTotal: number
  /** Outside of the heap, array buffers included. */
  readonly external: number
  readonly loopDelay: number
  readonly longestBlock: number
  /** Not while a CPU profile is taken. */
  readonly loopBusy?: number
  readonly gcTime: number
  readonly gcPause: number
  readonly handles: number
}

/** A script of a profile, and the source map that V8 was told of: an address, which may be `data:`. */
export interface ProfiledScript {
  readonly url: string
  readonly sourceMapURL: string
}

/** From and until when a command held the process up, in ms of `process.hrtime`. */
export interface Held {
  readonly start: number
  readonly end: number
}

/** Whatever a command needs, and what it answers. Files are written for their owner alone: they may hold secrets. */
export interface Commands {
  /** A reading a second from now on. */
  readonly observe: { readonly needs: object; readonly gives: object }
  /** No more readings; the last one if there is something to say since the one before. */
  readonly silence: { readonly needs: object; readonly gives: { readonly last?: Reading } }
  /** Whether it listens on any TCP port. */
  readonly listening: { readonly needs: object; readonly gives: { readonly listening: boolean } }
  /** Collects all garbage. `heapUsed` in bytes, after it. */
  readonly gc: { readonly needs: object; readonly gives: Held & { readonly heapUsed: number } }
  /** `interval` between two samples in µs. */
  readonly 'profile-start': {
    readonly needs: { readonly interval: number }
    /** From when on there is a profile. */
    readonly gives: Held
  }
  /** Ends one that nobody waits for any more. */
  readonly 'profile-discard': { readonly needs: object; readonly gives: object }
  /** Writes a `.cpuprofile` for Chrome DevTools. */
  readonly 'profile-stop': {
    readonly needs: { readonly path: string }
    readonly gives: Held & { readonly scripts: readonly ProfiledScript[] }
  }
  /** `interval` is the mean number of bytes between two samples, 32,768 unless given. Only what is still alive counts. */
  readonly 'allocations-start': { readonly needs: { readonly interval?: number }; readonly gives: Held }
  /** Ends what nobody waits for any more. */
  readonly 'allocations-discard': { readonly needs: object; readonly gives: object }
  /** Writes a `.heapprofile` for Chrome DevTools. */
  readonly 'allocations-stop': {
    readonly needs: { readonly path: string }
    readonly gives: Held & { readonly scripts: readonly ProfiledScript[] }
  }
  /** Writes a `.heapsnapshot`. */
  readonly snapshot: { readonly needs: { readonly path: string }; readonly gives: Held }
}

export type CommandName = keyof Commands

/** What V8's inspector is needed for. */
export type InspectionName = Exclude<CommandName, 'observe' | 'silence' | 'listening'>

export type Command<Name extends CommandName = CommandName> = {
  readonly [Each in Name]: { readonly name: Each } & Commands[Each]['needs']
}[Name]

export type Answer<Name extends CommandName> = Commands[Name]['gives']

export interface ToAgent {
  readonly id: number
  readonly command: Command
}

export type FromAgent =
  | { readonly hello: Hello }
  | { readonly reading: Reading }
  | { readonly answer: number; readonly gives: object }
  | { readonly failed: number; readonly why: string }
