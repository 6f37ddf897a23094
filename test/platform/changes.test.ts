/** Whatever the sequence of changes of a limit, no interval admits more than the largest rule in force in it would have alone. */
import {
  burstMax,
  type CountingRule,
  createLimiter,
  everyone,
  fixedWindow,
  type Migrate,
  memoryStore,
  type Rule,
  slidingWindow,
  tokenBucket,
} from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import { timedStores } from '../../packages/redis/test/timed-store.ts'
import { startRedis } from '../servers/index.ts'
import { admissionsOf, type ChangeStep, type Changes, type TimedStore } from './changes.ts'
import { type Numbers, type Returning, tooMuchIn } from './largest-rule.ts'

const redis = await startRedis()
const client = new Redis(redis.port)
const onRedis = timedStores(client)
afterAll(async () => {
  await onRedis.close()
  client.disconnect()
  await redis.stop()
})

function inMemory(): TimedStore {
  const clock = manualClock()
  return { store: memoryStore({ clock }), setNowUs: clock.setUs }
}

interface Kind {
  readonly returning: Returning
  /** Periods in milliseconds. What comes back at boundaries is the same rule only at the same boundaries. */
  readonly periods: readonly number[]
  rule(numbers: Numbers): CountingRule
}

const kinds: Readonly<Record<string, Kind>> = {
  'greedy buckets': {
    returning: 'steadily',
    periods: [1000, 2000, 10_000],
    rule: ({ capacity, refill, perMs }) => tokenBucket({ capacity, refill, per: `${perMs}ms` }),
  },
  'interval buckets': {
    returning: 'at boundaries',
    periods: [1000],
    rule: ({ capacity, refill, perMs }) => tokenBucket({ capacity, refill, per: `${perMs}ms`, mode: 'interval' }),
  },
  bursts: {
    returning: 'at boundaries',
    periods: [1000],
    rule: ({ capacity, refill, perMs }) =>
      burstMax({ capacity: Math.min(Math.max(capacity, refill), 2 * refill), refill, per: `${perMs}ms` }),
  },
  'windows from the first charge': {
    returning: 'window by window',
    periods: [1000],
    rule: ({ capacity, perMs }) => fixedWindow({ capacity, per: `${perMs}ms`, align: 'first' }),
  },
  'estimates of sliding windows': {
    returning: 'at boundaries',
    periods: [1000],
    rule: ({ capacity, perMs }) => slidingWindow({ capacity, per: `${perMs}ms` }),
  },
  'exact sliding windows': {
    returning: 'with each own time',
    periods: [1000],
    rule: ({ capacity, perMs }) => slidingWindow({ capacity, per: `${perMs}ms`, exact: true }),
  },
}

/** Three rules, in any order; any sequence of changes between them, seen by one process at once and by the other when it learns of it. */
function anyChanges({ periods, rule }: Kind, migrate: Migrate): fc.Arbitrary<Changes> {
  return fc
    .tuple(threeNumbers(periods), stepsWith(fc.boolean(), fc.nat(2)), fc.boolean(), sinceUs)
    .map(([three, steps, versions, since]) => ({ startUs: firstUs + since, rules: three.map(rule), migrate, versions, steps }))
}

/** Three rules whose capacities only grow, or only fall, and processes that both see each change at once. */
function changesOneWay({ periods, rule }: Kind, migrate: Migrate): fc.Arbitrary<Changes> {
  return fc
    .tuple(threeNumbers(periods), stepsWith(fc.constant(false), fc.constant(0)), fc.boolean(), sinceUs)
    .map(([three, steps, grow, since]) => {
      const rules = three.map(rule).toSorted((a, b) => (grow ? a.capacity - b.capacity : b.capacity - a.capacity))
      let latest = 0
      const onwards = steps.flatMap((step): ChangeStep[] => {
        if (step.do !== 'change') return [step]
        return latest < 2 ? [{ do: 'change', rule: ++latest }] : []
      })
      return { startUs: firstUs + since, rules, migrate, versions: true, steps: onwards }
    })
}

const firstUs = Date.UTC(2026, 0, 1) * 1000
const sinceUs = fc.nat(3_000_000)
const units = fc.integer({ min: 1, max: 40 })

function threeNumbers(periods: readonly number[]): fc.Arbitrary<Numbers[]> {
  const numbers = fc.record({ capacity: units, refill: units, perMs: fc.constantFrom(...periods) })
  return fc.array(numbers, { minLength: 3, maxLength: 3 })
}

function stepsWith(behind: fc.Arbitrary<boolean>, rule: fc.Arbitrary<number>): fc.Arbitrary<ChangeStep[]> {
  const us = fc.oneof(fc.nat(2_500_000), fc.constantFrom(0, 1, 500_000, 1_000_000))
  const step: fc.Arbitrary<ChangeStep> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), us }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('take'), units, behind }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('take'), units: fc.constant<'all'>('all'), behind }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('change'), rule }) },
    { weight: 1, arbitrary: fc.constant({ do: 'learn' }) },
  )
  return fc.array(step, { maxLength: 40, size: 'max' })
}

describe.each([
  ['memory', inMemory, 300],
  ['Redis', () => onRedis.empty(), 25],
] as const)('in %s', (_where, store, numRuns) => {
  describe.each([
    ['keepUsed mints nothing, whatever the changes', 'keepUsed', anyChanges],
    ['proportional mints nothing, whatever the changes', 'proportional', anyChanges],
    ['keepRemaining mints nothing while capacities go one way', 'keepRemaining', changesOneWay],
  ] as const)('%s', (_promise, migrate, changesOf) => {
    test.each(Object.entries(kinds))('of %s', { timeout: 60_000 }, async (_name, { returning, ...kind }) => {
      await fc.assert(
        fc.asyncProperty(changesOf({ returning, ...kind }, migrate), async (changes) => {
          expect(tooMuchIn(await admissionsOf(store(), changes), returning, migrate)).toBeUndefined()
        }),
        { numRuns },
      )
    })
  })
})

describe('what mints', () => {
  const hundred = tokenBucket({ capacity: 100, per: '1h' })
  const fifty = tokenBucket({ capacity: 50, per: '1h' })
  const limits = (rule: Rule) => [{ name: 'all', by: everyone, rule }]

  /** Units left of 100 of which so many were used, after changes to 50, to 100, to 50, ... that somebody has seen. */
  function leftAfter(used: number, ...ways: Migrate[]): number {
    const limiter = createLimiter({ limits: limits(hundred), store: memoryStore({ clock: manualClock() }) })
    limiter.consume(undefined, { cost: used })
    for (const [at, migrate] of ways.entries()) {
      void limiter.update(limits(at % 2 === 0 ? fifty : hundred), { migrate })
      // A refused call, so that the bucket comes under the smaller rule.
      if (at % 2 === 0) limiter.consume(undefined, { cost: 51 })
    }
    return limiter.peek().limits[0]!.remaining
  }

  test.each<[what: string, left: number, used: number, ways: Migrate[]]>([
    ['not keepUsed', 20, 80, ['keepUsed', 'keepUsed']],
    ['not proportional, which rounds against the caller', 19, 80, ['proportional', 'proportional']],
    ['not keepRemaining, as long as a bucket is not full under the smaller capacity', 20, 80, ['keepRemaining', 'keepRemaining']],
    ['but keepRemaining where it is, since a full bucket is as good as never used', 100, 50, ['keepRemaining', 'keepRemaining']],
    ['and keepRemaining downwards with keepUsed upwards', 70, 80, ['keepRemaining', 'keepUsed']],
    ['and reset, at every change', 100, 80, ['reset', 'reset']],
  ])('%s', (_what, left, used, ways) => {
    expect(leftAfter(used, ...ways)).toBe(left)
  })
})
