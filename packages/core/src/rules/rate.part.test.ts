import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holdsTheLawsOfCounting } from '../../test/counting-laws.ts'
import type { CountingRule } from '../kind.ts'
import { burstMax } from './burst-max/burst-max.ts'
import { concurrency } from './concurrency/concurrency.ts'
import { fixedWindow } from './fixed-window/fixed-window.ts'
import { resolveShare, shareOf } from './share/share.ts'
import { slidingWindow } from './sliding-window/sliding-window.ts'
import { tokenBucket } from './token-bucket/token-bucket.ts'

const part = <R extends CountingRule>(rule: R, ratio: number): R => resolveShare(shareOf('parent', ratio), rule, 'part') as R

describe('a tenth of', () => {
  test.each<[string, CountingRule, object]>([
    ['a bucket of 25', tokenBucket({ capacity: 25, per: '1s' }), { kind: 'token-bucket', capacity: 2, refill: 2.5 }],
    ['a burst', burstMax({ refill: 25, per: '1s' }), { kind: 'burst-max', capacity: 5, refill: 2.5, rate: 5, scale: 2 }],
    [
      'windows since the epoch',
      fixedWindow({ capacity: 25, per: '1s' }),
      { kind: 'token-bucket', mode: 'interval', capacity: 2, refill: 2.5 },
    ],
    [
      'windows from the first charge',
      fixedWindow({ capacity: 25, per: '1s', align: 'first' }),
      { kind: 'first-window', capacity: 2, rate: 5, scale: 2 },
    ],
    [
      'a day',
      fixedWindow({ capacity: 25, per: 'day', timeZone: 'UTC' }),
      { kind: 'calendar-window', period: 'day', capacity: 2, rate: 5, scale: 2 },
    ],
    [
      'a sliding window',
      slidingWindow({ capacity: 25, per: '1s' }),
      { kind: 'sliding-window', capacity: 2, refill: 2, periodUs: 1_000_000 },
    ],
    [
      'an exact one',
      slidingWindow({ capacity: 25, per: '1s', exact: true }),
      { kind: 'sliding-log', capacity: 2, refill: 2, periodUs: 1_000_000 },
    ],
    ['slots', concurrency({ capacity: 25, lease: '10s' }), { kind: 'concurrency', capacity: 2, leaseMs: 10_000 }],
  ])('%s', (_, rule, numbers) => {
    expect(part(rule, 0.1)).toMatchObject(numbers)
  })
})

describe('a part of less than one unit still admits one, as rarely as it must', () => {
  test('of a burst: by an interval token bucket, for there is nothing to borrow', () => {
    expect(part(burstMax({ refill: 1, per: '1s' }) as CountingRule, 0.25)).toMatchObject({
      kind: 'token-bucket',
      mode: 'interval',
      capacity: 1,
      rate: 1,
      scale: 4,
    })
  })

  test('of a sliding window: in a window that is longer by as much', () => {
    const third = part(slidingWindow({ capacity: 3, per: '1s' }), 0.1)
    expect(third).toMatchObject({ capacity: 1, refill: 0.3, perMs: 1000, periodUs: 3_333_334 })
    expect(part(third, 1)).toBe(third)
    expect(part(third, 0.5)).toMatchObject({ capacity: 1, refill: 0.15, perMs: 1000, periodUs: 6_666_668 })
  })

  test('of slots: by one', () => {
    expect(part(concurrency({ capacity: 3 }), 0.1)).toMatchObject({ capacity: 1 })
  })

  test('unless that would take more than a lifetime', () => {
    const rules = [slidingWindow({ capacity: 1, per: '366d' }), slidingWindow({ capacity: 1, per: '366d', exact: true })]
    for (const rule of rules)
      expect(() => part(rule as CountingRule, 0.01)).toThrow(expect.objectContaining({ code: 'SLUICE_RULE_TOO_LARGE' }))
  })
})

const ratios = fc.integer({ min: 1, max: 1000 }).map((thousandths) => thousandths / 1000)

test('a part has exactly its part of the rate', () => {
  const rules = fc
    .record({ units: fc.integer({ min: 1, max: 1000 }), make: fc.constantFrom('bucket', 'burst', 'first', 'day') })
    .map(({ units, make }) => {
      if (make === 'bucket') return tokenBucket({ capacity: units, per: '1s' })
      if (make === 'burst') return burstMax({ refill: units, per: '1s' })
      return make === 'first'
        ? fixedWindow({ capacity: units, per: '1s', align: 'first' })
        : fixedWindow({ capacity: units, per: 'day', timeZone: 'UTC' })
    })
  fc.assert(
    fc.property(rules, ratios, (rule, ratio) => {
      const share = part(rule, ratio)
      expect(BigInt(share.rate) * BigInt(rule.scale) * 1000n).toBe(
        BigInt(rule.rate) * BigInt(share.scale) * BigInt(Math.round(ratio * 1000)),
      )
      expect(share.capacity).toBe(Math.max(1, Number((BigInt(rule.capacity) * BigInt(Math.round(ratio * 1000))) / 1000n)))
    }),
  )
})

holdsTheLawsOfCounting(
  'part of a window',
  fc
    .record({ capacity: fc.integer({ min: 1, max: 20 }), ratio: ratios.filter((ratio) => ratio > 0.02), exact: fc.boolean() })
    .map(({ capacity, ratio, exact }) => part(slidingWindow({ capacity, per: '1s', exact }), ratio)),
  ({ periodUs }) => periodUs,
  200,
)
