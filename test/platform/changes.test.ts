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
  surviveOutages,
  tokenBucket,
} from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { redisOfFile } from '../../packages/redis/test/redis-of-file.ts'
import { admissionsOf, type ChangeStep, type Changes, type TimedStore } from './changes.ts'
import { type Numbers, type Returning, tooMuchIn } from './largest-rule.ts'

const { stores: onRedis } = await redisOfFile()

function inMemory(): TimedStore {
  const clock = manualClock()
  return { store: memoryStore({ clock }), setNowUs: clock.setUs }
}

function inRedis(): TimedStore {
  const { store, setNowUs } = onRedis.empty()
  // Long enough for a busy machine: an answer of the fallback would prove nothing of Redis.
  return { store: surviveOutages(store, { timeout: '30s', processes: 1 }), setNowUs }
}

interface Kind {
  readonly returning: Returning
  /** Periods in milliseconds. What comes back at boundaries is the same rule only at the same boundaries. */
  readonly periods: readonly number[]
  rule(numbers: Numbers): CountingRule
}

const single: Readonly<Record<string, Kind>> = {
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
  'windows of the calendar': {
    returning: 'at boundaries',
    periods: [86_400_000],
    rule: ({ capacity }) => fixedWindow({ capacity, per: 'day', timeZone: 'UTC' }),
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

/** Rules that differ in kind, too, chosen by a number that most of them have no other use for. */
const kinds: Readonly<Record<string, Kind>> = {
  ...single,
  'any kind to any other': {
    returning: 'each in its own way',
    periods: [1000, 2000],
    rule: (numbers) => Object.values(single)[numbers.refill % Object.keys(single).length]!.rule(numbers),
  },
}

/** Three rules, and any sequence of changes between them, each in a way of its own. */
function anyChanges({ periods, rule }: Kind, steps: fc.Arbitrary<ChangeStep[]>): fc.Arbitrary<Changes> {
  return fc.tuple(threeNumbers(periods), steps, fc.boolean(), sinceUs).map(([three, list, versions, since]) => ({
    startUs: firstUs + since,
    rules: three.map(rule),
    versions,
    steps: list.map((step) => (step.do === 'wait' ? { ...step, us: step.us * (periods[0]! / 1000) } : step)),
  }))
}

const firstUs = Date.UTC(2026, 0, 1) * 1000
const sinceUs = fc.nat(3_000_000)
const units = fc.integer({ min: 1, max: 40 })

function threeNumbers(periods: readonly number[]): fc.Arbitrary<Numbers[]> {
  const numbers = fc.record({ capacity: units, refill: units, perMs: fc.constantFrom(...periods) })
  return fc.array(numbers, { minLength: 3, maxLength: 3 })
}

const us = fc.oneof(fc.nat(2_500_000), fc.constantFrom(0, 1, 500_000, 1_000_000))
const ways = ['keepUsed', 'keepRemaining', 'proportional'] as const
type Weighted = fc.WeightedArbitrary<ChangeStep>

function stepsOf(behind: fc.Arbitrary<boolean>, migrates: readonly Migrate[], ...more: Weighted[]): fc.Arbitrary<ChangeStep[]> {
  const migrate = fc.constantFrom(...migrates)
  const common: Weighted[] = [
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), us }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('take'), units, behind }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('take'), units: fc.constant<'all'>('all'), behind }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('change'), rule: fc.nat(2), migrate }) },
  ]
  return fc.array(fc.oneof(...common, ...more), { maxLength: 40, size: 'max' })
}

const ofTwoProcesses = stepsOf(fc.boolean(), ways, { weight: 1, arbitrary: fc.constant({ do: 'learn' }) })
const withReservations = stepsOf(
  fc.constant(false),
  [...ways, 'reset'],
  { weight: 4, arbitrary: fc.record({ do: fc.constant('reserve'), units: fc.integer({ min: 1, max: 15 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('cancel'), reservation: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'reset' }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('block'), ms: fc.constantFrom(0, 0, 1, 500) }) },
)

describe.each([
  ['memory', inMemory, 1000],
  ['Redis', inRedis, 50],
] as const)('in %s, no sequence of changes mints anything', (_where, store, numRuns) => {
  describe.each([
    ['seen by two processes, of which one is behind', ofTwoProcesses],
    ['among reservations, resets and blocks', withReservations],
  ])('%s', (_how, steps) => {
    test.each(Object.entries(kinds))('of %s', { timeout: 60_000 }, async (_name, kind) => {
      await fc.assert(
        fc.asyncProperty(anyChanges(kind, steps), async (changes) => {
          expect(tooMuchIn(await admissionsOf(store(), changes), kind.returning)).toBeUndefined()
        }),
        { numRuns },
      )
    })
  })
})

test('a reset grants one capacity, and what it grants is found where it is not counted', async () => {
  const rules = [tokenBucket({ capacity: 10, per: '1s' }), tokenBucket({ capacity: 8, per: '1s' })]
  const all = { do: 'take', units: 'all', behind: false } as const
  const steps = [all, { do: 'change', rule: 1, migrate: 'reset' }, all] as const
  const admissions = await admissionsOf(inMemory(), { startUs: firstUs, rules, versions: true, steps })
  expect(tooMuchIn(admissions, 'steadily')).toBeUndefined()
  const uncounted = admissions.map((admission) => ({ ...admission, resets: 0 }))
  expect(tooMuchIn(uncounted, 'steadily')).toMatchObject({ admitted: 18 })
})

describe('of 100 units of which some were used, after changes to 50 and back to 100, are left', () => {
  const hundred = tokenBucket({ capacity: 100, per: '1h' })
  const fifty = tokenBucket({ capacity: 50, per: '1h' })
  const limits = (rule: Rule) => [{ name: 'all', by: everyone, rule }]

  /** Units left when somebody has seen each of the changes. */
  function leftAfter(used: number, ...ways: Migrate[]): number {
    const limiter = createLimiter({ limits: limits(hundred), store: memoryStore({ clock: manualClock() }) })
    limiter.consume(undefined, { cost: used })
    for (const [at, way] of ways.entries()) {
      void limiter.update(limits(at % 2 === 0 ? fifty : hundred), { migrate: way })
      // A refused call, so that the bucket comes under the smaller rule.
      if (at % 2 === 0) limiter.consume(undefined, { cost: 51 })
    }
    return limiter.peek().limits[0]!.remaining
  }

  test.each<[what: string, left: number, used: number, ways: Migrate[]]>([
    ['by keepUsed', 20, 80, ['keepUsed', 'keepUsed']],
    ['by proportional, which rounds against the caller', 19, 80, ['proportional', 'proportional']],
    ['by keepRemaining', 20, 80, ['keepRemaining', 'keepRemaining']],
    ['by keepRemaining, of a bucket that was full under the smaller capacity', 50, 50, ['keepRemaining', 'keepRemaining']],
    ['by keepRemaining downwards and keepUsed upwards', 20, 80, ['keepRemaining', 'keepUsed']],
    ['by proportional downwards and keepUsed upwards', 20, 80, ['proportional', 'keepUsed']],
    ['by keepRemaining downwards and proportional upwards', 20, 80, ['keepRemaining', 'proportional']],
    ['by keepUsed downwards and keepRemaining upwards, which keeps what is owed', 0, 80, ['keepUsed', 'keepRemaining']],
    ['by many of them', 20, 80, ['keepRemaining', 'proportional', 'keepRemaining', 'keepUsed', 'proportional', 'keepUsed']],
    ['by reset, which alone mints', 100, 80, ['reset', 'reset']],
  ])('%s: %d of %d used', (_what, left, used, ways) => {
    expect(leftAfter(used, ...ways)).toBe(left)
  })
})
