// What a run under way is told: from the engine to whoever sends its load, in this thread or others.

/**
 * `mark` and `unmark`: the server is held up on purpose from now, until now. `finish`: stop sending as if the time were over.
 */
export type ShardCommand = 'mark' | 'unmark' | 'finish'

export class ShardCommands {
  readonly #listeners = new Set<(command: ShardCommand) => void>()

  send(command: ShardCommand): void {
    for (const listener of this.#listeners) listener(command)
  }

  /** Returns what ends it. */
  listen(listener: (command: ShardCommand) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
