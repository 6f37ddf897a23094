import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { waitsOf } from '../../../test/bucket-walk.ts'
import { holdsTheLawsOfCounting } from '../../../test/counting-laws.ts'
import type { BucketState } from '../../kind.ts'
import { type BurstMaxRule, burstMax, burstMaxKind, burstMaxOf } from './burst-max.ts'

const second = 1_000_000
const start = Date.UTC(2026, 0, 1) * 1000

/** Bursts of whole numbers, and such as shares have: a refill with a fraction of a unit, and a capacity that was rounded down. */
const rules: fc.Arbitrary<BurstMaxRule> = fc
  .record({
    refill: fc.integer({ min: 1, max: 12 }),
    part: fc.integer({ min: 1, max: 7 }),
    over: fc.integer({ min: 0, max: 12 }),
    perMs: fc.constantFrom(1, 10, 1000, 60_000),
  })
  .filter(({ refill, over, part }) => refill + Math.min(over, refill) >= part)
  .map(({ refill, part, over, perMs }) =>
    burstMaxOf(
      { capacity: Math.floor((refill + Math.min(over, refill)) / part), refill: refill / part, perMs },
      { units: BigInt(refill), ticks: BigInt(part) },
    ),
  )

holdsTheLawsOfCounting('strict burst', rules, (rule) => rule.periodUs)

/** Sends costs at moments after `start`, and says which were admitted. */
function send(rule: BurstMaxRule, calls: readonly (readonly [us: number, cost: number])[]): boolean[] {
  let state: BucketState | undefined
  return calls.map(([us, cost]) => {
    const step = burstMaxKind.decide(state, start + us, cost, rule, rule.capacity)
    state = step.after
    return step.admits
  })
}

describe('a burst of ten a second, twice of it at most', () => {
  const rule = burstMax({ refill: 10, per: '1s' })
  const remainingAfter = (calls: readonly (readonly [number, number])[], us: number): number => {
    let state: BucketState | undefined
    for (const [at, cost] of calls) state = burstMaxKind.decide(state, start + at, cost, rule, 20).after
    return burstMaxKind.describe(burstMaxKind.advance(state!, start + us, rule), start + us, 1, rule).remaining
  }

  test.each([
    ['nothing was used', [[0, 0]], [20, 20, 20]],
    ['the refill was used', [[0, 10]], [10, 20, 20]],
    ['a little was borrowed', [[0, 13]], [7, 7, 20]],
    ['all was borrowed', [[0, 20]], [0, 0, 20]],
    [
      'the rest of a lowered second was used too',
      [
        [0, 13],
        [second, 7],
      ],
      [7, 0, 20],
    ],
  ] as const)('when %s, the next seconds hold the debt', (_, calls, remaining) => {
    const seen = [0.5, 1.5, 2.5].map((at) =>
      remainingAfter(
        calls.filter(([us]) => us <= at * second),
        at * second,
      ),
    )
    expect(seen).toEqual(remaining)
  })

  test('a burst of twice the refill is not borrowed twice in a row', () => {
    expect(
      send(rule, [
        [0, 20],
        [second, 1],
        [2 * second - 1, 1],
        [2 * second, 20],
        [3 * second, 1],
        [4 * second, 20],
      ]),
    ).toEqual([true, false, false, true, false, true])
  })
})

test('a burst as large as the refill never borrows', () => {
  expect(
    send(burstMax({ refill: 5, per: '1s', capacity: 5 }), [
      [0, 5],
      [1, 1],
      [second, 5],
      [2 * second, 5],
    ]),
  ).toEqual([true, false, true, true])
})

describe('a random trace', () => {
  const traces = rules.chain((rule) =>
    fc.record({
      rule: fc.constant(rule),
      calls: fc.array(fc.tuple(waitsOf(rule.periodUs), fc.integer({ min: 1, max: rule.capacity })), { minLength: 1, maxLength: 40 }),
    }),
  )

  test('is decided as by a model that sums up all periods from the first', () => {
    fc.assert(
      fc.property(traces, ({ rule, calls }) => {
        const taken = new Map<number, bigint>()
        let state: BucketState | undefined
        let now = start
        for (const [us, cost] of calls) {
          now += us
          const period = Math.floor(now / rule.periodUs)
          const room = ceilingOf(rule, taken, period) - (taken.get(period) ?? 0n)
          const step = burstMaxKind.decide(state, now, cost, rule, rule.capacity)
          expect(step.admits).toBe(BigInt(cost) * BigInt(rule.scale) <= room)
          if (step.admits) taken.set(period, (taken.get(period) ?? 0n) + BigInt(cost) * BigInt(rule.scale))
          state = step.after
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('admits at most k refills and one burst over any k periods', () => {
    fc.assert(
      fc.property(traces, ({ rule, calls }) => {
        const taken = new Map<number, number>()
        let state: BucketState | undefined
        let now = start
        for (const [us, cost] of calls) {
          now += us
          const step = burstMaxKind.decide(state, now, cost, rule, rule.capacity)
          const period = Math.floor(now / rule.periodUs)
          if (step.admits) taken.set(period, (taken.get(period) ?? 0) + cost * rule.scale)
          state = step.after
        }
        const periods = [...taken.keys()]
        for (const from of periods) {
          let sum = 0
          for (const to of periods.filter((period) => period >= from)) {
            sum += taken.get(to)!
            const refills = (to - from + 1) * rule.rate
            expect(sum).toBeLessThanOrEqual(refills + Math.max(0, rule.capacity * rule.scale - rule.rate))
          }
        }
      }),
      { numRuns: 1000 },
    )
  })

  /** What a period may take, from the debts of all periods before it. */
  function ceilingOf(rule: BurstMaxRule, taken: ReadonlyMap<number, bigint>, period: number): bigint {
    const rate = BigInt(rule.rate)
    const capacity = BigInt(rule.capacity * rule.scale)
    let debt = 0n
    for (let earlier = Math.min(...taken.keys(), period); earlier < period; earlier++) {
      debt += (taken.get(earlier) ?? 0n) - rate
      if (debt < 0n) debt = 0n
    }
    if (debt === 0n) return capacity
    return [capacity, rate > debt ? rate - debt : 0n].reduce((a, b) => (a < b ? a : b))
  }
})

describe('what a cancelled charge gives back', () => {
  const rule = burstMax({ refill: 10, per: '1s' })
  const returnable = (units: number, charged: number, us: number): number =>
    burstMaxKind.returnable({ units, charged, chargedAt: start }, start + us, rule)

  test('within its period is all that was not used', () => {
    expect(returnable(15, 20, second - 1)).toBe(15)
  })

  test('in the next is what no refill has repaid, and after that nothing', () => {
    expect([returnable(20, 20, second), returnable(4, 20, second), returnable(20, 20, 2 * second), returnable(10, 10, second)]).toEqual([
      10, 4, 0, 0,
    ])
  })

  test('is counted in the parts of a unit that a share has', () => {
    const third = burstMaxOf({ capacity: 6, refill: 10 / 3, perMs: 1000 }, { units: 10n, ticks: 3n })
    const parts = (units: number, us: number): number => burstMaxKind.returnable({ units, charged: 6, chargedAt: start }, start + us, third)
    expect([parts(6, 0), parts(2, 0), parts(6, second), parts(2, second), parts(6, 2 * second)]).toEqual([18, 6, 8, 6, 0])
  })

  test('leaves who has a debt no more than the debt allows', () => {
    const borrowed = { used: 0, last: start, carried: 5 }
    const charged = burstMaxKind.decide(borrowed, start, 5, rule, 20).after
    expect(burstMaxKind.giveBack(charged, 5, rule)).toEqual(borrowed)
  })
})

describe('a clock that steps back', () => {
  const rule = burstMax({ refill: 10, per: '1s' })
  const bucket = (used: number, carried: number, us: number): BucketState => ({ used, last: start + us, carried })

  test.each([
    ['waits for the time of the bucket', 15, 0, second, false],
    ['waits for as many periods as the bucket takes to fill', 15, 0, 2 * second, false],
    ['moves the bucket back beyond that', 15, 0, 2 * second + 1, true],
    ['counts what earlier periods left with what this one used', 5, 8, 2 * second, false],
    ['moves both back beyond that', 5, 8, 2 * second + 1, true],
    ['moves a full bucket back at once', 0, 0, 1, true],
  ])('%s', (_, used, carried, backUs, moves) => {
    const now = 10 * second - backUs
    expect(burstMaxKind.advance(bucket(used, carried, 10 * second), start + now, rule)).toEqual(
      bucket(used, carried, moves ? now : 10 * second),
    )
  })

  test('waits from the time of the bucket on', () => {
    const { retryUs, resetUs } = burstMaxKind.describe(bucket(15, 0, 3 * second), start + 1_900_000, 10, rule)
    expect([retryUs, resetUs]).toEqual([3_100_000, 3_100_000])
  })
})
