import fc from 'fast-check'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { BucketState } from '../../kind.ts'
import { tokenBucketKind as algorithm, decideTokenBucket, type TokenBucketRule, tokenBucket } from './token-bucket.ts'

const runs = { numRuns: 10_000 }

/** One unit back every 100 ms. A microsecond brings back one scaled unit; 100,000 of them are a unit. */
const greedy = tokenBucket({ capacity: 10, per: '1s' })
/** Four units back every second, at the second. */
const interval = tokenBucket({ capacity: 10, refill: 4, per: '1s', mode: 'interval' })
const second = 1_000_000

function bucket(used: number, last: number): BucketState {
  return { used, last, carried: 0 }
}

// Rates that do not fit are met on purpose; their warnings would fill the screen.
beforeAll(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined))

describe('deciding', () => {
  test.each<
    [what: string, rule: TokenBucketRule, state: BucketState | undefined, now: number, cost: number, admits: boolean, used: number]
  >([
    ['a bucket never used', greedy, undefined, second, 3, true, 300_000],
    ['the whole capacity', greedy, undefined, second, 10, true, 1_000_000],
    ['more than the capacity', greedy, undefined, second, 11, false, 0],
    ['a cost whose product would pass 2^53', greedy, undefined, second, Number.MAX_SAFE_INTEGER, false, 0],
    ['a cost of 0', greedy, bucket(1_000_000, second), second, 0, true, 1_000_000],
    ['a cost of 0 of a bucket in debt', greedy, bucket(1_500_000, second), second, 0, true, 1_500_000],
    ['the last unit', greedy, bucket(900_000, second), second, 1, true, 1_000_000],
    ['one scaled unit too much', greedy, bucket(900_001, second), second, 1, false, 900_001],
    ['a unit that has just come back', greedy, bucket(1_000_000, second - 100_000), second, 1, true, 1_000_000],
    ['a unit that comes back in a microsecond', greedy, bucket(1_000_000, second - 99_999), second, 1, false, 900_001],
    ['a bucket that is full again', greedy, bucket(1_000_000, 0), second, 1, true, 100_000],
    ['a debt that time has lowered', greedy, bucket(2_000_000, 0), second, 1, false, 1_000_000],
    ['an interval right before its boundary', interval, bucket(10, second), 2 * second - 1, 1, false, 10],
    ['an interval at its boundary', interval, bucket(10, second), 2 * second, 4, true, 10],
    ['an interval just past its boundary', interval, bucket(10, 2 * second), 2 * second + 1, 1, false, 10],
    ['an interval after two boundaries', interval, bucket(10, second - 1), 2 * second, 8, true, 10],
    ['an interval after three boundaries', interval, bucket(10, second), 4 * second, 1, true, 1],
  ])('%s', (_, rule, state, now, cost, admits, used) => {
    const { before, after, ...step } = decideTokenBucket(state, now, cost, rule, rule.capacity)
    expect(step.admits).toBe(admits)
    expect(after).toEqual(bucket(used, now))
    expect(after === before).toBe(!admits || cost === 0)
  })

  test.each([
    [0, 1, false],
    [0, 0, true],
    [4, 4, true],
    [4, 5, false],
    [10, 10, true],
  ])('of a bucket that starts with %d units, %d', (initial, cost, admits) => {
    const step = decideTokenBucket(undefined, second, cost, greedy, initial)
    expect(step.admits).toBe(admits)
    expect(step.before).toEqual(bucket((10 - initial) * 100_000, second))
  })

  test('changes neither the state it is given nor the one it refuses from', () => {
    fc.assert(
      fc.property(anyRule, fc.nat({ max: 100 }), fc.nat({ max: 2 ** 30 }), fc.nat({ max: 200 }), (rule, share, sinceUs, cost) => {
        const state = Object.freeze(bucket(owed(rule, share), noon))
        const now = noon + sinceUs
        const { admits, before, after } = decideTokenBucket(state, now, cost, rule, rule.capacity)
        expect(before).toEqual(algorithm.advance(state, now, rule))
        if (!admits) expect(after).toBe(before)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a clock that steps back', () => {
  test.each<[what: string, rule: TokenBucketRule, used: number, backUs: number, moves: boolean]>([
    ['waits for the time of the bucket', greedy, 500_000, 400_000, false],
    ['waits exactly as long as the bucket takes to fill', greedy, 500_000, 500_000, false],
    ['moves the bucket back beyond that', greedy, 500_000, 500_001, true],
    ['moves a full bucket back at once', greedy, 0, 1, true],
    ['counts whole periods of an interval', interval, 5, 2 * second, false],
    ['moves an interval back beyond them', interval, 5, 2 * second + 1, true],
    ['counts an interval that one period fills', interval, 4, second, false],
  ])('%s', (_, rule, used, backUs, moves) => {
    const state = bucket(used, 10 * second)
    const now = 10 * second - backUs
    expect(algorithm.advance(state, now, rule)).toEqual(bucket(used, moves ? now : 10 * second))
  })

  test('charges a bucket without moving its time', () => {
    const { after } = decideTokenBucket(bucket(500_000, second), second - 1000, 1, greedy, 10)
    expect(after).toEqual(bucket(600_000, second))
  })
})

describe('telling where a bucket stands', () => {
  test.each([
    ['full', greedy, bucket(0, second), second, 1, { remaining: 10, retryUs: 0, replenishUs: 0, resetUs: 0 }],
    ['empty', greedy, bucket(1_000_000, second), second, 3, { remaining: 0, retryUs: 300_000, replenishUs: 100_000, resetUs: second }],
    ['within a unit', greedy, bucket(950_000, second), second, 1, { remaining: 0, retryUs: 50_000, replenishUs: 50_000, resetUs: 950_000 }],
    ['in debt', greedy, bucket(1_200_000, second), second, 1, { remaining: 0, retryUs: 300_000, replenishUs: 300_000, resetUs: 1_200_000 }],
    [
      'asked for nothing',
      greedy,
      bucket(1_200_000, second),
      second,
      0,
      { remaining: 0, retryUs: 0, replenishUs: 300_000, resetUs: 1_200_000 },
    ],
    ['asked for too much', greedy, bucket(0, second), second, 11, { remaining: 10, retryUs: null, replenishUs: 0, resetUs: 0 }],
    [
      'ahead of the clock',
      greedy,
      bucket(300_000, second),
      second - 1000,
      8,
      { remaining: 7, retryUs: 101_000, replenishUs: 101_000, resetUs: 301_000 },
    ],
    [
      'an interval',
      interval,
      bucket(9, 1_300_000),
      1_300_000,
      7,
      { remaining: 1, retryUs: 1_700_000, replenishUs: 700_000, resetUs: 2_700_000 },
    ],
    [
      'an interval ahead of the clock',
      interval,
      bucket(9, 1_300_000),
      900_000,
      7,
      { remaining: 1, retryUs: 2_100_000, replenishUs: 1_100_000, resetUs: 3_100_000 },
    ],
  ] as const)('%s', (_, rule, state, now, cost, status) => {
    expect(algorithm.describe(state, now, cost, rule)).toEqual(status)
  })

  test('after exactly the wait the same cost is admitted, and not a microsecond before', () => {
    fc.assert(
      fc.property(
        anyRule,
        fc.nat({ max: 100 }),
        fc.nat({ max: 2 ** 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rule, share, sinceUs, part) => {
          const now = noon + (sinceUs % (rule.periodUs * 3))
          const cost = 1 + Math.floor(part * (rule.capacity - 1))
          const { admits, before } = decideTokenBucket(bucket(owed(rule, share), noon), now, cost, rule, rule.capacity)
          const { retryUs } = algorithm.describe(before, now, cost, rule)
          if (admits) return retryUs === 0
          const admittedAfter = (us: number): boolean => decideTokenBucket(before, now + us, cost, rule, rule.capacity).admits
          return admittedAfter(retryUs!) && !admittedAfter(retryUs! - 1)
        },
      ),
      runs,
    )
  })

  test('more quota appears exactly when it says, and the bucket is full exactly when it says', () => {
    fc.assert(
      fc.property(anyRule, fc.nat({ max: 100 }), fc.nat({ max: 2 ** 40 }), (rule, share, sinceUs) => {
        const now = noon + (sinceUs % (rule.periodUs * 3))
        const state = algorithm.advance(bucket(owed(rule, share), noon), now, rule)
        const { remaining, replenishUs, resetUs } = algorithm.describe(state, now, 1, rule)
        if (state.used === 0) return remaining === rule.capacity && replenishUs === 0 && resetUs === 0
        const later = (us: number): BucketState => algorithm.advance(state, now + us, rule)
        const left = (us: number): number => algorithm.describe(later(us), now + us, 1, rule).remaining
        const full = (us: number): boolean => later(us).used === 0
        return left(replenishUs) > remaining && left(replenishUs - 1) === remaining && full(resetUs) && !full(resetUs - 1)
      }),
      runs,
    )
  })

  test('time brings back the same in one step and in many', () => {
    fc.assert(
      fc.property(anyRule, fc.nat({ max: 100 }), fc.array(fc.nat({ max: 2 ** 40 }), { maxLength: 6 }), (rule, share, waits) => {
        const start = bucket(owed(rule, share), noon)
        let now = noon
        let state = start
        for (const us of waits) {
          now += us % (rule.periodUs * 2)
          state = algorithm.advance(state, now, rule)
        }
        expect(state).toEqual(algorithm.advance(start, now, rule))
      }),
      runs,
    )
  })
})

const noon = Date.UTC(2026, 0, 1, 12) * 1000

/** Rules of every size that can be counted. */
const anyRule: fc.Arbitrary<TokenBucketRule> = fc
  .record({
    capacity: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000_000 })),
    refill: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000_000 })),
    per: fc
      .oneof(
        fc.constantFrom(1, 1000, 60_000, 3_600_000, 86_400_000, 30 * 86_400_000, 366 * 86_400_000),
        fc.integer({ min: 1, max: 100_000 }),
      )
      .map((ms) => `${ms}ms` as const),
    mode: fc.constantFrom<'greedy' | 'interval'>('greedy', 'interval'),
  })
  .filter(countable)
  .map(tokenBucket)

function countable(options: Parameters<typeof tokenBucket>[0]): boolean {
  try {
    return tokenBucket(options) !== undefined
  } catch {
    return false
  }
}

/** A share of what the bucket may owe at most, in scaled units; the fractions of a unit differ with the share. */
function owed({ capacity, scale }: TokenBucketRule, share: number): number {
  return Math.min(2 * capacity * scale, Math.floor((2 * capacity * scale * share) / 100) + share)
}
