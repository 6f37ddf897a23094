/** The schema and the parser say the same of every document, but for what no schema can say. */
import { readFileSync } from 'node:fs'
import { SluiceError } from '@sluice/core'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parsePolicy } from './document.ts'

const schema: object = JSON.parse(readFileSync(new URL('../policy.schema.json', import.meta.url), 'utf8'))
const fitsSchema = new Ajv({ strict: true, strictTypes: false }).compile(schema)

/** What the parser says of a document: that it fits, or the code of what is wrong with it; `none` where it has no code of its own. */
function verdictOf(document: unknown): string {
  try {
    parsePolicy(JSON.stringify(document))
    return 'fits'
  } catch (error) {
    return (error as SluiceError).cause instanceof SluiceError ? ((error as SluiceError).cause as SluiceError).code : 'none'
  }
}

// Most random numbers draw a warning, and warnings are tested elsewhere.
beforeAll(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined))
afterAll(() => void vi.restoreAllMocks())

/** What takes arithmetic or a table of time zones: the lengths of durations, decimals of ratios, one number against another. */
const beyondSchemas = ['SLUICE_DURATION', 'SLUICE_RATIO', 'SLUICE_BURST', 'SLUICE_RULE_TOO_LARGE', 'SLUICE_TIME_ZONE']

describe('what the schema refuses is what the parser refuses', () => {
  test.each<[agreed: boolean, rule: object | string]>([
    [true, 'unlimited'],
    [false, 'tokenBucket'],
    [true, { tokenBucket: { capacity: 1, per: '1s' } }],
    [true, { tokenBucket: { capacity: 1, per: 1, refill: 1, mode: 'greedy' } }],
    [true, { tokenBucket: { capacity: 0, per: '1s' } }],
    [false, { tokenBucket: { capacity: -1, per: '1s' } }],
    [false, { tokenBucket: { capacity: 1.5, per: '1s' } }],
    [false, { tokenBucket: { capacity: '1', per: '1s' } }],
    [false, { tokenBucket: { capacity: 1, per: '1 s' } }],
    [false, { tokenBucket: { capacity: 1, per: 0 } }],
    [false, { tokenBucket: { capacity: 1, per: 1.5 } }],
    [false, { tokenBucket: { capacity: 1 } }],
    [false, { tokenBucket: { capacity: 1, per: '1s', mode: 'strict' } }],
    [false, { tokenBucket: { capacity: 1, per: '1s', more: 1 } }],
    [true, { burstMax: { refill: 2, per: '1s' } }],
    [true, { burstMax: { refill: 2, per: '1s', capacity: 9, mode: 'bucket' } }],
    [false, { burstMax: { capacity: 2, per: '1s' } }],
    [false, { burstMax: { refill: 2, per: '1s', mode: 'greedy' } }],
    [true, { fixedWindow: { capacity: 1, per: '1h', align: 'first' } }],
    [true, { fixedWindow: { capacity: 1, per: 'week', timeZone: 'UTC' } }],
    [false, { fixedWindow: { capacity: 1, per: 'week' } }],
    [false, { fixedWindow: { capacity: 1, per: 'decade', timeZone: 'UTC' } }],
    [false, { fixedWindow: { capacity: 1, per: '1d', timeZone: 'UTC' } }],
    [false, { fixedWindow: { capacity: 1, per: 'day', timeZone: 'UTC', align: 'epoch' } }],
    [true, { slidingWindow: { capacity: 10_000, per: '1m', exact: true } }],
    [true, { slidingWindow: { capacity: 10_001, per: '1m', slots: 60 } }],
    [false, { slidingWindow: { capacity: 10_001, per: '1m', slots: 61 } }],
    [false, { slidingWindow: { capacity: 10, per: '1m', slots: 6, exact: true } }],
    [true, { slidingWindow: { capacity: 10_001, per: '1m', exact: false } }],
    [false, { slidingWindow: { capacity: 10_001, per: '1m', exact: true } }],
    [true, { concurrency: { capacity: 1 } }],
    [false, { concurrency: { capacity: 1, lease: '' } }],
    [true, { lifetimeQuota: { capacity: 100 } }],
    [false, { lifetimeQuota: { capacity: 100, per: '1d' } }],
    [true, { shareOf: { parent: 'app', ratio: 1 } }],
    [true, { shareOf: { parent: 'app', ratio: 0.5, guaranteed: true } }],
    [false, { shareOf: { parent: 'app', ratio: 0.5, guaranteed: 1 } }],
    [false, { shareOf: { parent: 'app', ratio: 0 } }],
    [false, { shareOf: { parent: 'app', ratio: 1.1 } }],
    [false, { shareOf: { parent: {}, ratio: 0.5 } }],
    [false, { shareOf: 'app' }],
    [false, {}],
    [false, { tokenBucket: { capacity: 1, per: '1s' }, concurrency: { capacity: 1 } }],
    [false, { leakyBucket: { capacity: 1, per: '1s' } }],
  ])('%s: %j', (fits, rule) => {
    const document = { version: '1', limits: { api: { rule } } }
    expect([fitsSchema(document), verdictOf(document) === 'fits']).toEqual([fits, fits])
  })

  test.each<[agreed: boolean, ban: unknown]>([
    [true, { after: 10, within: '1m', for: '5m' }],
    [true, { after: 1000, within: '1m', for: '5m', factor: 100, atMost: '1d' }],
    [false, { after: 1001, within: '1m', for: '5m' }],
    [false, { after: 10, within: '1m' }],
    [false, { after: 10, within: '1m', for: '5m', factor: 1.5 }],
    [false, { after: 10, within: '1m', for: '5m', until: '1d' }],
    [false, true],
  ])('%s: a ban of %j', (fits, ban) => {
    const document = { version: '1', limits: { api: { ban } } }
    expect([fitsSchema(document), verdictOf(document) === 'fits']).toEqual([fits, fits])
  })

  test.each<[code: string, rule: object]>([
    ['SLUICE_DURATION', { tokenBucket: { capacity: 1, per: '367d' } }],
    ['SLUICE_DURATION', { tokenBucket: { capacity: 1, per: '0.5ms' } }],
    ['SLUICE_RATIO', { shareOf: { parent: 'app', ratio: 0.12345678901 } }],
    ['SLUICE_BURST', { burstMax: { refill: 2, capacity: 5, per: '1s' } }],
    ['SLUICE_RULE_TOO_LARGE', { tokenBucket: { capacity: Number.MAX_SAFE_INTEGER, per: '366d' } }],
    ['SLUICE_TIME_ZONE', { fixedWindow: { capacity: 1, per: 'day', timeZone: 'Mars/Olympus' } }],
  ])('but for %s, which takes more than a schema: %j', (code, rule) => {
    const document = { version: '1', limits: { api: { rule } } }
    expect([fitsSchema(document), verdictOf(document)]).toEqual([true, code])
  })

  test('on random documents, right and wrong', () => {
    const seen = { fits: 0, refused: 0 }
    fc.assert(
      fc.property(documents, (document) => {
        const [schemaFits, verdict] = [fitsSchema(document), verdictOf(document)]
        seen[verdict === 'fits' ? 'fits' : 'refused'] += 1
        return schemaFits ? ['fits', ...beyondSchemas].includes(verdict) : verdict !== 'fits'
      }),
      { numRuns: 5000 },
    )
    expect(Math.min(seen.fits, seen.refused) / (seen.fits + seen.refused)).toBeGreaterThan(0.1)
  })
})

/** Mostly right, now and then anything. */
function mostly<T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  const wrong = fc.oneof(fc.constantFrom(null, 0, -1, 1.5, '', 'x', true, [], {}, Number.MAX_SAFE_INTEGER), fc.jsonValue())
  return fc.oneof({ arbitrary: right, weight: 60 }, { arbitrary: wrong, weight: 1 })
}

function objectOf(required: Record<string, fc.Arbitrary<unknown>>, optional: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  const all: Record<string, fc.Arbitrary<unknown>> = {}
  for (const [name, value] of Object.entries({ ...required, ...optional })) all[name] = mostly(value)
  const right = fc.record(all, { requiredKeys: Object.keys(required) })
  // Now and then a member is missing, or there is one that nobody knows.
  const lacking = fc.record(all, { requiredKeys: [] })
  const more = fc.record<Record<string, unknown>>({ ...all, more: fc.constant(1) }, { requiredKeys: [...Object.keys(required), 'more'] })
  return fc.oneof({ arbitrary: right, weight: 40 }, lacking, more)
}

const units = fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.constantFrom(1, 10_000, 10_001, 2 ** 53 - 1))
const duration = fc.oneof(
  fc.constantFrom('250ms', '1s', '1.5s', '1m', '1h', '366d'),
  fc.constantFrom('0s', '0.1ms', '400d', '1 s', '-1s', 's', '1w'),
  fc.integer({ min: 1, max: 40_000_000_000 }),
)
const flag = fc.boolean()

const anyRule = fc.oneof(
  fc.record({
    tokenBucket: mostly(objectOf({ capacity: units, per: duration }, { refill: units, mode: fc.constantFrom('greedy', 'interval') })),
  }),
  fc.record({
    burstMax: mostly(objectOf({ refill: units, per: duration }, { capacity: units, mode: fc.constantFrom('strict', 'bucket') })),
  }),
  fc.record({ fixedWindow: mostly(objectOf({ capacity: units, per: duration }, { align: fc.constantFrom('epoch', 'first') })) }),
  fc.record({
    fixedWindow: mostly(
      objectOf(
        { capacity: units, per: fc.constantFrom('day', 'week', 'month', 'year'), timeZone: fc.constantFrom('UTC', 'Asia/Seoul', 'Mars') },
        {},
      ),
    ),
  }),
  fc.record({
    slidingWindow: mostly(objectOf({ capacity: units, per: duration }, { exact: flag, slots: fc.integer({ min: 1, max: 61 }) })),
  }),
  fc.record({ concurrency: mostly(objectOf({ capacity: units }, { lease: duration })) }),
  fc.record({ shareOf: mostly(objectOf({ parent: fc.string(), ratio: fc.constantFrom(0.5, 1, 0.001, 1e-10, 2) }, { guaranteed: flag })) }),
)

const anyLimit = objectOf(
  {},
  {
    rule: anyRule,
    shadow: flag,
    disclose: flag,
    nearAt: fc.constantFrom(0.5, 1),
    initial: fc.nat(),
    onOutage: fc.constantFrom('allow', 'deny', 'local'),
    debit: fc.constantFrom('before', 'after'),
    cost: fc.nat(),
    ban: objectOf(
      { after: fc.integer({ min: 1, max: 1000 }), within: duration, for: duration },
      { factor: fc.integer({ min: 1, max: 100 }) },
    ),
  },
)

const documents = objectOf(
  { version: fc.constantFrom('1', '20261122'), limits: fc.dictionary(fc.string(), mostly(anyLimit), { maxKeys: 2 }) },
  {
    $schema: fc.string(),
    migrate: fc.constantFrom('keepUsed', 'keepRemaining', 'proportional', 'reset'),
    shadow: flag,
  },
)
