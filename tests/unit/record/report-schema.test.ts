// The published JSON Schema says exactly what the TypeScript types say.
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { partialRun } from '../../../reporters/partial-run.ts'
import type { ErrorKind } from '../../../src/core/error-kind.ts'
import { filledReport, sampleCase, sampleProgress, sampleReport } from '../../support/sample-report.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly additionalProperties?: boolean | Schema
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly definitions?: Readonly<Record<string, Schema>>
}

const schema = JSON.parse(
  readFileSync(new URL('../../../schema/report.schema.json', import.meta.url), 'utf8'),
) as Schema
const validate = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema)

/** Every object below a value with its path, `cases/0/runs/0`. */
function objectsIn(value: unknown, path: string[] = []): { path: string[]; object: Record<string, unknown> }[] {
  if (typeof value !== 'object' || value === null) return []
  const below = Object.entries(value).flatMap(([key, item]) => objectsIn(item, [...path, key]))
  return Array.isArray(value) ? below : [{ path, object: value as Record<string, unknown> }, ...below]
}

/** The schema of the object that is meant, references followed and `or null` left out. */
function resolve(part: Schema): Schema {
  if (part.$ref) return resolve(schema.definitions?.[part.$ref.replace('#/definitions/', '')] as Schema)
  const inner = part.allOf?.[0] ?? part.anyOf?.[0]
  return inner ? resolve(inner) : part
}

function schemaAt(path: readonly string[]): Schema {
  return path.reduce((part: Schema, key) => {
    const below = /^\d+$/.test(key) ? part.items : (part.properties?.[key] ?? part.additionalProperties)
    return resolve(below as Schema)
  }, schema)
}

/** Any names may be its keys, and what they hold is described by one schema. */
function isDictionary(path: readonly string[]): boolean {
  return typeof schemaAt(path).additionalProperties === 'object'
}

/** A deep copy in which the object at the path was changed. */
function changed(path: readonly string[], change: (object: Record<string, unknown>) => void): unknown {
  const copy = structuredClone(filledReport) as unknown as Record<string, unknown>
  change(path.reduce((object, key) => object[key] as Record<string, unknown>, copy))
  return copy
}

const objects = objectsIn(filledReport).filter(({ path }) => !isDictionary(path))

describe('report.schema.json', () => {
  it.each([
    ['with every field', filledReport],
    ['without optional fields', sampleReport()],
    ['without cases', sampleReport([])],
    ['of a partial run', sampleReport([sampleCase({ runs: [partialRun(sampleProgress(), 'interrupted')] })])],
  ])('accepts a report %s', (_, report) => {
    validate(JSON.parse(JSON.stringify(report)))
    expect(validate.errors).toBeNull()
  })

  it.each(objects)('has the properties of the type at /$path', ({ path, object }) => {
    expect(Object.keys(schemaAt(path).properties ?? {}).sort()).toEqual(Object.keys(object).sort())
  })

  it.each(objects)('accepts nothing more at /$path', ({ path }) => {
    expect(validate(changed(path, (object) => Object.assign(object, { surprise: 1 })))).toBe(false)
  })

  it('requires every field that is not optional in the type', () => {
    const optional = objects.flatMap(({ path, object }) =>
      Object.keys(object)
        .filter((key) => validate(changed(path, (copy) => Reflect.deleteProperty(copy, key))))
        .map((key) => [...path.filter((part) => !/^\d+$/.test(part)), key].join('.')),
    )
    expect(optional).toEqual(
      [
        ...Object.keys(filledReport.cases[0].runs[0].asked).map((name) => `cases.runs.asked.${name}`),
        'cases.runs.asked.stages.vus',
        'cases.runs.asked.stages.rate',
        'cases.runs.events.detail',
        'cases.runs.verdicts.level',
        'cases.runs.why.process',
        'cases.runs.why.profile',
        'cases.runs.allocations.process',
        'cases.runs.leaks.process',
        'cases.runs.allocations',
        'cases.runs.leaks',
        'cases.runs.verdicts.reason',
        'cases.runs.aborted',
      ].sort((a, b) => optional.indexOf(a) - optional.indexOf(b)),
    )
  })

  it.each([
    ['another version', [], { version: 2 }],
    ['a time that is none', [], { createdAt: 'yesterday' }],
    ['an unknown state', ['cases', '0'], { state: 'flaky' }],
    ['an unknown kind of error', ['cases', '0', 'runs', '0', 'errors', '0'], { kind: 'bad luck' }],
    ['a count below 0', ['cases', '0', 'runs', '0', 'iterations'], { ok: -1 }],
    ['text for a number', ['cases', '0', 'runs', '0', 'latency'], { p95: '184 ms' }],
  ])('refuses %s', (_, path, change) => {
    expect(validate(changed(path, (object) => Object.assign(object, change)))).toBe(false)
  })

  it('describes every field of every object', () => {
    const silent = objects.flatMap(({ path }) =>
      Object.entries(schemaAt(path).properties ?? {})
        .filter(([, property]) => !property.description && !resolve(property).description)
        .map(([key]) => [...path, key].join('.')),
    )
    expect(silent).toEqual([])
  })
})

it('lists the kinds of error that there are', () => {
  // A kind too many or too few does not compile.
  const kinds = Object.keys({
    refused: 0,
    reset: 0,
    closed: 0,
    truncated: 0,
    protocol: 0,
    'too-large': 0,
    dns: 0,
    tls: 0,
    'http-4xx': 0,
    'http-5xx': 0,
    unexpected: 0,
    thrown: 0,
    timeout: 0,
    'not-allowed': 0,
    generator: 0,
    other: 0,
  } satisfies Record<ErrorKind, 0>)
  const kind = (schema.definitions?.error?.properties?.kind ?? {}) as { readonly enum?: readonly string[] }
  expect(kind.enum).toEqual(kinds)
})
