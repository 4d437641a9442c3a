// Fault `hash`: every fortieth session is opened with a password hash that nothing else can go on beside.
import { pbkdf2Sync } from 'node:crypto'
import type { SessionStore } from '../stores/session-store.ts'

const blockedFor = 120
const everyNth = 40
const fewRounds = 2_000

export function withBlockingHash(sessions: SessionStore): SessionStore {
  const rounds = roundsLasting(blockedFor)
  let opened = 0
  return {
    ...sessions,
    open() {
      opened++
      if (opened % everyNth === 0) hashBlocking(rounds)
      return sessions.open()
    },
  }
}

function hashBlocking(rounds: number): Buffer {
  return pbkdf2Sync('a key', 'some salt', rounds, 64, 'sha512')
}

/** A hash is made as costly as the machine can bear. The quickest of some is the one that nothing disturbed. */
function roundsLasting(time: number): number {
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now()
    hashBlocking(fewRounds)
    return performance.now() - began
  })
  return Math.ceil((fewRounds * time) / Math.min(...times))
}
