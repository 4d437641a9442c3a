// Work that a CPU profile must find: all of the time goes into one named function, on a line of its own.

interface Step {
  readonly factor: number
}

export function spinHotly(time: number): number {
  const step: Step = { factor: 1.000_001 }
  const end = performance.now() + time
  let value = 1
  while (performance.now() < end) for (let i = 0; i < 10_000; i++) value = (value * step.factor) % 1000
  return value
}
