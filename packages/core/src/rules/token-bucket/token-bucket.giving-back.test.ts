import { describe, expect, test } from 'vitest'
import type { BucketState } from '../../kind.ts'
import { tokenBucketKind as algorithm, tokenBucket } from './token-bucket.ts'

/** One unit back every 100 ms. A microsecond brings back one scaled unit; 100,000 of them are a unit. */
const greedy = tokenBucket({ capacity: 10, per: '1s' })
/** Four units back every second, at the second. */
const interval = tokenBucket({ capacity: 10, refill: 4, per: '1s', mode: 'interval' })
const second = 1_000_000

function bucket(used: number, last: number): BucketState {
  return { used, last, carried: 0 }
}

describe('giving back', () => {
  test.each([
    ['everything at once', greedy, 4, 4, 0, 400_000],
    ['the unused part at once', greedy, 3, 4, 0, 300_000],
    ['what time has left of the charge', greedy, 4, 4, 250_000, 150_000],
    ['no more than is unused, though time left more', greedy, 1, 4, 250_000, 100_000],
    ['nothing that time has repaid', greedy, 4, 4, 400_000, 0],
    ['nothing long after', greedy, 4, 4, 3_600_000_000, 0],
    ['an interval before its boundary', interval, 6, 6, 999_999, 6],
    ['an interval after a boundary', interval, 6, 6, second, 2],
  ] as const)('%s', (_, rule, units, charged, laterUs, amount) => {
    expect(algorithm.returnable({ units, charged, chargedAt: 5 * second }, 5 * second + laterUs, rule)).toBe(amount)
  })

  test('repays nothing to a charge that lies ahead of the clock', () => {
    expect(algorithm.returnable({ units: 4, charged: 4, chargedAt: second }, second - 1, greedy)).toBe(400_000)
  })

  test('fills a bucket at most', () => {
    expect(algorithm.giveBack(bucket(300_000, 7), 200_000, greedy)).toEqual(bucket(100_000, 7))
    expect(algorithm.giveBack(bucket(300_000, 7), 300_001, greedy)).toEqual(bucket(0, 7))
  })
})

test('what a bucket lacks is what it is said to lack', () => {
  expect(algorithm.missing(algorithm.lacking(123, 456, greedy), greedy)).toBe(123)
  expect(algorithm.lacking(123, 456, greedy)).toEqual(bucket(123, 456))
  expect(algorithm.debit(bucket(100, 456), 23, greedy)).toEqual(bucket(123, 456))
})
