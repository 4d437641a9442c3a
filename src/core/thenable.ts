// Promises and what behaves like them.

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
}

/** Lets go of a value that was not to be a promise: if it is one and rejects, nobody is told, and the process lives. */
export function forget(value: unknown): void {
  if (isThenable(value)) value.then(undefined, () => {})
}
