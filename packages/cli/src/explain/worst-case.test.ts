import {
  burstMax,
  type CountingRule,
  createLimiter,
  fixedWindow,
  lifetimeQuota,
  memoryStore,
  shareOf,
  slidingWindow,
  tokenBucket,
} from '@sluice/core'
import { resolveShare } from '@sluice/core/internal'
import { manualClock } from '@sluice/core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { worstCase } from './worst-case.ts'

const startUs = Date.UTC(2026, 2, 20) * 1000

/** When a key asks, and for how many units at most. */
interface Ask {
  readonly at: number
  readonly atMost: number
}

/** What one key is admitted, each with its time. */
function admissions(rule: CountingRule, asks: readonly Ask[]): readonly { at: number; units: number }[] {
  const clock = manualClock()
  const limiter = createLimiter<string>({ limits: [{ name: 'one', by: (key) => key, rule }], store: memoryStore({ clock }) })
  return asks.map(({ at, atMost }) => {
    clock.setUs(at)
    return { at, units: limiter.consumeUpTo('key', { atMost }).granted }
  })
}

/** The most units in any stretch with both of its ends. */
function largestSum(admitted: readonly { at: number; units: number }[], us: number): number {
  const sums = admitted.map(({ at }) =>
    admitted.filter((one) => one.at >= at && one.at <= at + us).reduce((sum, { units }) => sum + units, 0),
  )
  return Math.max(0, ...sums)
}

const capacity = fc.integer({ min: 0, max: 30 })
const per = fc.constantFrom(1000, 1700, 60_000)
const plain: fc.Arbitrary<CountingRule> = fc.oneof(
  fc.record({ capacity, per, refill: fc.integer({ min: 1, max: 40 }), mode: fc.constantFrom('greedy', 'interval') }).map(tokenBucket),
  fc.record({ capacity, per }).map(fixedWindow),
  fc.record({ capacity, per, align: fc.constant('first' as const) }).map(fixedWindow),
  fc.record({ capacity, per }).map(slidingWindow),
  fc.record({ capacity, per, exact: fc.constant(true) }).map(slidingWindow),
  fc.record({ capacity, per, slots: fc.integer({ min: 2, max: 60 }) }).map(slidingWindow),
  fc.record({ refill: fc.integer({ min: 1, max: 20 }), per }).map((options) => burstMax(options)),
  fc.record({ capacity }).map(lifetimeQuota),
  capacity.map((units) => fixedWindow({ capacity: units, per: 'day', timeZone: 'Europe/Berlin' })),
)
const rules = fc.oneof(
  { weight: 3, arbitrary: plain },
  {
    weight: 1,
    arbitrary: fc
      .tuple(plain, fc.integer({ min: 1, max: 99 }))
      .map(([parent, hundredths]) => resolveShare(shareOf('parent', hundredths / 100), parent, 'share')),
  },
)
/** Waits around the periods of the rules, to the microsecond, and random ones. */
const waitUs = fc.oneof(
  fc.constantFrom(0, 1, 999_999, 1_000_000, 1_700_000, 59_999_999, 60_000_000, 86_399_999_999),
  fc.integer({ min: 0, max: 2_000_000 }),
  fc.integer({ min: 0, max: 90_000_000 }),
)
/** All that a key can get, mostly. */
const units = fc.oneof({ weight: 3, arbitrary: fc.constant(1_000_000) }, fc.integer({ min: 1, max: 20 }))
const times = [1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000]

test('no rule admits more than its worst case within a time, whenever its key asks', () => {
  fc.assert(
    fc.property(
      rules,
      fc.array(fc.tuple(waitUs, units), { maxLength: 40 }),
      fc.constantFrom(...times, 1, 1_700_000, 2_500_000),
      (rule, waits, us) => {
        let now = startUs
        const asks = waits.map(([wait, atMost]) => {
          now += wait
          return { at: now, atMost }
        })
        expect(largestSum(admissions(rule, asks), us)).toBeLessThanOrEqual(Number(worstCase(rule, us, startUs)))
      },
    ),
    { numRuns: 1000 },
  )
})

const second = 1_000_000
/** Moments just before and at each of some periods, from a whole second on. */
const edges = (count: number, first: number = 1_000_000): readonly Ask[] => {
  const moments = Array.from({ length: count }, (_, i) => [startUs + i * second - 1, startUs + i * second]).flat()
  return moments.map((at, i) => ({ at, atMost: i === 0 ? first : 1_000_000 }))
}

test.each<[string, CountingRule, readonly Ask[], readonly number[]]>([
  ['a greedy bucket', tokenBucket({ capacity: 10, per: '1s', refill: 4 }), edges(62), [14, 250]],
  ['a bucket by intervals', tokenBucket({ capacity: 10, per: '1s', refill: 4, mode: 'interval' }), edges(62), [14, 250]],
  ['windows since the epoch', fixedWindow({ capacity: 10, per: '1s' }), edges(62), [20, 610]],
  ['windows from the first charge', fixedWindow({ capacity: 10, per: '1s', align: 'first' }), edges(62), [20, 610]],
  ['an exact window', slidingWindow({ capacity: 10, per: '1s', exact: true }), edges(62), [20, 610]],
  ['a burst that borrows after a period without a debt', burstMax({ refill: 4, per: '1s' }), edges(62, 4), [12, 248]],
  ['a lifetime quota', lifetimeQuota({ capacity: 10 }), edges(3), [10, 10]],
])('%s reaches its worst case to the unit', (_name, rule, asks, [inSecond, inMinute]) => {
  expect([second, 60 * second].map((us) => worstCase(rule, us, startUs))).toEqual([BigInt(inSecond!), BigInt(inMinute!)])
  const admitted = admissions(rule, asks)
  expect([largestSum(admitted, second), largestSum(admitted, 60 * second)]).toEqual([inSecond, inMinute])
})

test('a window from the first charge that began before the time has all but one unit left', () => {
  const rule = fixedWindow({ capacity: 10, per: '1s', align: 'first' })
  const asks = [
    { at: startUs, atMost: 1 },
    ...[second - 1, second, 2 * second].map((after) => ({ at: startUs + after, atMost: 1_000_000 })),
  ]
  expect([worstCase(rule, second + 1, startUs), largestSum(admissions(rule, asks), second + 1)]).toEqual([29n, 29])
})

test('counts the days that a stretch of 24 hours can touch: two, and three around a day of 23 hours', () => {
  const day = (timeZone: string): CountingRule => fixedWindow({ capacity: 100, per: 'day', timeZone })
  expect(worstCase(day('Asia/Seoul'), 86_400 * second, startUs)).toBe(200n)
  expect(worstCase(day('Europe/Berlin'), 86_400 * second, startUs)).toBe(300n)
})

test('is exact far above 2^53', () => {
  expect(worstCase(tokenBucket({ capacity: 9_000_000_000, per: '1ms', mode: 'interval' }), 86_400 * second, startUs)).toBe(
    777_600_009_000_000_000n,
  )
})
