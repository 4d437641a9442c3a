import { freePort, isFree } from '../../src/processes/free-port.ts'

/** The first of so many neighbours that a server could listen on, all of them free at this moment. */
export async function neighbouringPorts(count: number): Promise<number> {
  for (;;) {
    const first = await freePort()
    const others = Array.from({ length: count - 1 }, (_, index) => isFree(first + index + 1))
    if ((await Promise.all(others)).every(Boolean)) return first
  }
}
