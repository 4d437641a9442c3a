// Lets idle loops sleep until there may be work again.

export class Wake {
  readonly #sleepers = new Set<() => void>()

  /** Resolves when it rings, or after `longest`. */
  sleep(longest: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#sleepers.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, longest)
      this.#sleepers.add(wake)
    })
  }

  ring(): void {
    for (const wake of [...this.#sleepers]) wake()
  }
}
