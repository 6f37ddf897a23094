import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearestRateBelow, type Rate, reduceRate } from './rate.ts'

const rate = (units: number | bigint, ticks: number | bigint): Rate => ({ units: BigInt(units), ticks: BigInt(ticks) })

describe('reducing', () => {
  test.each([
    [100, 60_000_000, 1, 600_000],
    [997, 3_600_000_000, 997, 3_600_000_000],
    [7, 1, 7, 1],
    [12, 4, 3, 1],
  ])('%d per %d is %d per %d', (units, ticks, fewer, shorter) => {
    expect(reduceRate(rate(units, ticks))).toEqual(rate(fewer, shorter))
  })

  test('keeps the rate and leaves nothing to divide by', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 60n }), fc.bigInt({ min: 1n, max: 2n ** 60n }), (units, ticks) => {
        const reduced = reduceRate({ units, ticks })
        return reduced.units * ticks === units * reduced.ticks && gcd(reduced.units, reduced.ticks) === 1n
      }),
    )
  })
})

describe('the nearest rate below', () => {
  /** Every number of ticks, tried out. */
  function bruteForce({ units, ticks }: Rate, mostTicks: number): Rate | undefined {
    let best = rate(0, 1)
    for (let d = 1n; d <= BigInt(mostTicks); d++) {
      const n = (units * d) / ticks
      if (n * best.ticks > best.units * d) best = { units: n, ticks: d }
    }
    return best.units === 0n ? undefined : best
  }

  test('is the one that trying every number of ticks finds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 0, max: 60 }),
        (units, ticks, most) => {
          const wanted = rate(units, ticks)
          expect(nearestRateBelow(wanted, BigInt(most))).toEqual(bruteForce(wanted, most))
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('is the rate itself where it fits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), (units, ticks) => {
        const reduced = reduceRate(rate(units, ticks))
        expect(nearestRateBelow(reduced, reduced.ticks)).toEqual(reduced)
      }),
    )
  })

  test.each([
    ['above one unit a tick', rate(355, 113), 10n, rate(25, 8)],
    ['a whole number in one tick', rate(22, 7), 1n, rate(3, 1)],
    ['far below one unit a tick', rate(1, 1_000_000), 999_999n, undefined],
    ['the smallest that is left', rate(1, 1_000_000), 1_000_000n, rate(1, 1_000_000)],
    ['nothing at all', rate(5, 3), 0n, undefined],
    ['numbers beyond 2^53', rate(2n ** 70n + 1n, 2n ** 71n), 1000n, rate(1, 2)],
  ])('%s', (_, wanted, most, found) => {
    expect(nearestRateBelow(wanted, most)).toEqual(found)
  })
})

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b)
}
