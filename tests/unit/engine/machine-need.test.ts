// What a plan needs of the machine, and what is said when that is not there.
import { describe, expect, it } from 'vitest'
import type { LoadOptions } from '../../../src/core/load-options.ts'
import { planLoad } from '../../../src/core/plan.ts'
import { defaultSettings } from '../../../src/core/settings.ts'
import type { Target } from '../../../src/core/target.ts'
import { checkMachine, type Machine } from '../../../src/engine/machine-need.ts'

const one = 'http://127.0.0.1:3000'
const other = 'http://127.0.0.1:3001'
const sameAsOne = 'http://localhost:3000'
const addresses = {
  [one]: { address: '127.0.0.1', port: 3000 },
  [other]: { address: '127.0.0.1', port: 3001 },
  [sameAsOne]: { address: '127.0.0.1', port: 3000 },
}

const descriptors = (allowed: number): Machine => ({ descriptors: { allowed, used: 30 }, ports: undefined })
const ports = (count: number): Machine => ({ descriptors: undefined, ports: count })

function check(
  options: LoadOptions,
  machine: Machine | undefined,
  origins: readonly (keyof typeof addresses)[] = [one],
) {
  const target: Target = origins.map((origin) => `${origin}/`)
  const plan = planLoad(target, options, defaultSettings)
  const reached = Object.fromEntries(
    origins.map((origin) => [origin, addresses[origin] as { address: string; port: number }]),
  )
  return checkMachine({ plan, addresses: reached, ...(machine ? { machine } : {}) })
}

describe('file descriptors', () => {
  it('are needed for each connection, for what is open, and for the generator', () => {
    expect(check({ connections: 1000 }, descriptors(1050))).toEqual([])
    expect(() => check({ connections: 1000 }, descriptors(1049))).toThrow(
      expect.objectContaining({
        code: 'invalid-options',
        message:
          'load(): 1 option is wrong\n  connections: needs 1,050 file descriptors, 1,049 are allowed: run `ulimit -n 2000` first (raising a hard limit takes an administrator), or ask for fewer',
      }),
    )
  })

  it('are needed for each user and origin', () => {
    expect(check({ vus: 500 }, descriptors(1050), [one, other])).toEqual([])
    expect(() => check({ vus: 501 }, descriptors(1050), [one, other])).toThrow(/ {2}vus: needs 1,052 file descriptors/)
  })

  it('are needed for the highest stage, and for each thread', () => {
    const stages = [
      { vus: 10, duration: '1s' },
      { vus: 999, duration: '1s' },
      { vus: 5, duration: '1s' },
    ]
    expect(() => check({ stages }, descriptors(1000))).toThrow(/ {2}stages: needs 1,049 file descriptors, 1,000 are/)
    expect(() => check({ connections: 100, workers: 4 }, descriptors(150))).toThrow(/needs 165 file/)
  })

  it('are not needed for users that have nothing to do', () => {
    expect(check({ vus: 1000, iterations: 10 }, descriptors(100))).toEqual([])
  })

  it('may be needed by an open run: that is a warning', () => {
    expect(check({ rate: 100, maxVUs: 50 }, descriptors(100))).toEqual([])
    expect(check({ rate: 100 }, descriptors(256))).toEqual([
      "if all 1,000 VUs are busy at once they need 1,050 file descriptors, 256 are allowed: the rest then fails as 'generator'; run `ulimit -n 2000` first (raising a hard limit takes an administrator), or give a lower maxVUs",
    ])
  })
})

describe('local ports', () => {
  it('are needed for each connection to one address', () => {
    expect(check({ vus: 1000 }, ports(1000), [one, other])).toEqual([])
    expect(() => check({ connections: 1001 }, ports(1000))).toThrow(
      'connections: needs 1,001 local ports to one address, 1,000 are there: run `sysctl -w net.ipv4.ip_local_port_range="1024 65535"` first, or ask for fewer',
    )
    expect(() => check({ vus: 501 }, ports(1000), [one, sameAsOne])).toThrow(/vus: needs 1,002 local ports/)
  })

  it('are never more than a machine has', () => {
    expect(() => check({ vus: 70_000 }, ports(28_232))).toThrow(/are there: load from several machines, or ask/)
  })

  it('may be needed by an open run: that is a warning', () => {
    expect(check({ rate: 100 }, ports(999))).toEqual([
      expect.stringMatching(/^if all 1,000 VUs are busy at once they need 1,000 local ports/),
    ])
  })
})

describe('nothing is said', () => {
  it('where nothing is known', () => {
    expect(check({ vus: 1e6 }, { descriptors: undefined, ports: undefined })).toEqual([])
  })

  it('of a function, whose connections are its own affair', () => {
    const plan = planLoad(() => {}, { vus: 1e6 }, defaultSettings)
    expect(checkMachine({ plan, addresses: {}, machine: { ...descriptors(100), ports: 10 } })).toEqual([])
  })

  it('about a load that this machine can carry', () => {
    expect(check({ connections: 10 }, undefined)).toEqual([])
  })
})

it('names both when both are missing', () => {
  const machine = { ...descriptors(256), ports: 100 }
  expect(() => check({ connections: 1000 }, machine)).toThrow(/2 options are wrong\n.*descriptors.*\n.*local ports/)
})
