// Where the numbers come from: versions and machine.
import { createRequire } from 'node:module'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import type { Report } from '../src/record/report.ts'

/** @param vitest the version that ran */
export function environment(vitest: string): Report['environment'] {
  const processors = cpus()
  return {
    vitestLoad: ownVersion(),
    vitest,
    node: process.versions.node,
    platform: `${platform()} ${release()} ${arch()}`,
    cpus: processors.length,
    cpuModel: processors[0]?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
  }
}

// By name and not by path: this file lies one folder deeper once it is built.
function ownVersion(): string {
  return (createRequire(import.meta.url)('vitest-load/package.json') as { version: string }).version
}
