// Writes the CPU profile that V8 would have recorded of a given course of events.
import type { CallFrame, CpuProfile, ProfileNode } from '../../../src/analysis/cpu-profile.ts'

/**
 * What ran for how long: the stack from the outside in. A function of the user's is `name file.ts:12`, one of Node's
 * `name node:net`, anything else (`(idle)`, `run`) a name alone. Lines count from 0.
 */
export interface Episode {
  readonly stack: readonly string[]
  /** In ms: a sample each `interval`. */
  readonly ms: number
}

interface Node {
  readonly id: number
  readonly callFrame: CallFrame
  readonly children: number[]
  readonly byFrame: Map<string, Node>
  hitCount: number
}

export const idle = (ms: number): Episode => ({ stack: ['(idle)'], ms })
export const during = (ms: number, ...stack: readonly string[]): Episode => ({ stack, ms })

/** @param interval in ms */
export function writtenProfile(episodes: readonly Episode[], interval = 1): CpuProfile {
  const startTime = 5_000_000
  const nodes: Node[] = []
  const add = (frame: string): Node => {
    const node = { id: nodes.length + 1, callFrame: frameOf(frame), children: [], byFrame: new Map(), hitCount: 0 }
    nodes.push(node)
    return node
  }
  const root = add('(root)')
  const samples: number[] = []
  for (const { stack, ms } of episodes) {
    let node = root
    for (const frame of stack) {
      const child = node.byFrame.get(frame) ?? add(frame)
      if (!node.byFrame.has(frame)) node.children.push(child.id)
      node.byFrame.set(frame, child)
      node = child
    }
    const count = Math.round(ms / interval)
    for (let sample = 0; sample < count; sample++) samples.push(node.id)
    node.hitCount += count
  }
  return {
    nodes: nodes.map(({ byFrame: _, ...node }): ProfileNode => node),
    startTime,
    endTime: startTime + samples.length * interval * 1000,
    samples,
    timeDeltas: samples.map((_, index) => (index === 0 ? 0 : interval * 1000)),
  }
}

/** What a sampler sees that looks every `interval` ms: what is shorter is seen by chance. */
export function sampledProfile(episodes: readonly Episode[], interval: number): CpuProfile {
  const seen: Episode[] = []
  let end = 0
  let next = 0
  for (const { stack, ms } of episodes) {
    end += ms
    for (; next < end; next += interval) seen.push({ stack, ms: interval })
  }
  return writtenProfile(seen, interval)
}

function frameOf(frame: string): CallFrame {
  const [, functionName = '', place = ''] = /^(\(.+\)|\S*)\s*(.*)$/.exec(frame) ?? []
  const [, file = '', line = '-1'] = /^(.*\.\w+):(\d+)$/.exec(place) ?? []
  const url = file ? `file:///app/${file}` : place
  return { functionName, url, lineNumber: Number(line), columnNumber: file ? 4 : -1 }
}
