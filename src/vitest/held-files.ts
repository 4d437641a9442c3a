// Profiles of servers: held until all is judged, kept if that asks for them, dropped otherwise, for they may hold secrets.
import type { RunData } from '../core/run.ts'
import type { Verdict } from '../core/verdict.ts'
import { dropFiles, keepFiles, type ServerFile } from '../engine/server-files.ts'
import { asksForHeap, asksWhy } from './asks-why.ts'
import { outside, type RunningCase } from './running-case.ts'

const held = new Map<RunData, readonly ServerFile[]>()
const kept = new WeakSet<RunData>()

/** @param isWanted whatever the verdicts are */
export function holdFiles(
  run: RunData,
  { files, isWanted }: { readonly files: readonly ServerFile[]; readonly isWanted: boolean },
): void {
  held.set(run, files)
  if (isWanted) keep(run)
}

export function hasKeptFiles(run: RunData): boolean {
  return kept.has(run)
}

/**
 * To be called when everything has been judged that this test judges. Runs from outside of tests may still be judged by
 * others: theirs are dropped with the last of these.
 */
export function settleFiles(running: RunningCase): void {
  for (const run of running.runs) if (running.verdictsOn(run).some(asksForFiles)) keep(run)
  for (const run of running === outside ? [...held.keys()] : running.carriedOut) drop(run)
}

function asksForFiles(verdict: Verdict): boolean {
  return asksWhy(verdict) || asksForHeap(verdict)
}

function keep(run: RunData): void {
  const files = held.get(run) ?? []
  held.delete(run)
  if (files.length === 0) return
  if (keepFiles(files)) kept.add(run)
}

function drop(run: RunData): void {
  dropFiles(held.get(run) ?? [])
  held.delete(run)
}
