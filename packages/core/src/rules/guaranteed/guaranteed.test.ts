import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holdsTheLawsOfCounting } from '../../../test/counting-laws.ts'
import { isExpired } from '../../buckets/bucket.ts'
import { migrate } from '../../buckets/migrate.ts'
import { fixedWindow } from '../fixed-window/fixed-window.ts'
import { tokenBucket } from '../token-bucket/token-bucket.ts'
import { type GuaranteedRule, guaranteedDecider, startOfNext } from './guaranteed.ts'
import { guaranteedKind, guaranteedPart } from './guaranteed-kind.ts'
import { advanceReserved, countedOf, recount, reservedTerms } from './reserved-shares.ts'

const second = 1_000_000
const noon = Date.UTC(2026, 0, 1, 12) * 1000

function guaranteed(units: number): GuaranteedRule {
  return guaranteedPart(fixedWindow({ capacity: units, per: '1s' }), { numerator: 1, denominator: 1 })!
}

holdsTheLawsOfCounting('guaranteed share by itself', fc.integer({ min: 1, max: 50 }).map(guaranteed), ({ periodUs }) => periodUs)

describe('a child', () => {
  const { advance } = guaranteedDecider
  const rule = guaranteed(5)

  test('has an active guarantee in the period in which it asked and in the next', () => {
    const kept = { used: 3, last: noon, carried: 2 }
    const seen = [0, second - 1, second, 2 * second - 1, 2 * second].map((us) => advance(kept, noon + us, rule))
    expect(seen.map(({ used, carried }) => [used, carried])).toEqual([
      [3, 2],
      [3, 2],
      [0, 1],
      [0, 1],
      [0, 0],
    ])
  })

  test('is not moved by a clock that goes back a little, and is by one that jumped', () => {
    const kept = { used: 3, last: noon, carried: 2 }
    expect(advance(kept, noon - second, rule)).toBe(kept)
    expect(advance(kept, noon - second - 1, rule)).toEqual({ ...kept, last: noon - second - 1 })
  })

  test('waits from the time of its bucket on', () => {
    const ahead = { used: 5, last: noon + 1_500_000, carried: 2 }
    expect(guaranteedDecider.describe(ahead, noon + 300_000, 1, rule).retryUs).toBe(1_700_000)
  })

  test('lives on as what it has used when its rule becomes another kind', () => {
    const bucket = tokenBucket({ capacity: 10, per: '1s', mode: 'interval' })
    const kept = { used: 3, last: noon, carried: 2 }
    const used = { used: 4, last: noon, carried: 0 }
    expect(migrate({ state: kept }, noon, rule, bucket, 'keepUsed')).toEqual({ state: { used: 3, last: noon, carried: 0 } })
    expect(migrate({ state: used }, noon, bucket, rule, 'keepUsed')).toEqual({ state: used })
  })

  test('of one of several processes is guaranteed its part', () => {
    expect(guaranteedKind.localPart!(rule, { numerator: 1, denominator: 2 })).toBe(guaranteed(2))
    expect(guaranteedKind.localPart!(rule, { numerator: 1, denominator: 9 })).toBe(guaranteed(1))
  })
})

describe('the record of a parent', () => {
  const terms = reservedTerms(guaranteed(5))
  const rule = terms.rule as never
  const record = { used: 4, last: noon, carried: 9 }

  test('reserves for the next period what was asked for in this one, and then expires', () => {
    const seen = [0, second - 1, second, 2 * second].map((us) => advanceReserved(record, noon + us, rule))
    expect(seen.map(({ used, carried }) => [used, carried])).toEqual([
      [4, 9],
      [4, 9],
      [9, 0],
      [0, 0],
    ])
    const expired = [0, second, 2 * second].map((us) => isExpired({ state: record, terms }, noon + us))
    expect(expired).toEqual([false, false, true])
    expect(isExpired({ state: { used: 0, last: noon, carried: 9 }, terms }, noon)).toBe(false)
  })

  test('is not moved by a clock that goes back a little, and is by one that jumped', () => {
    expect(advanceReserved(record, noon - second, rule)).toBe(record)
    expect(advanceReserved(record, noon - second - 1, rule)).toEqual({ ...record, last: noon - second - 1 })
  })

  test('counts a child while its guarantee is active, and corrects what it counted', () => {
    const rule = guaranteed(5)
    const counted = [0, 1, 2].map((carried) => countedOf({ used: 2, last: noon, carried }, rule))
    expect(counted).toEqual([
      { unused: 0, forNext: 0 },
      { unused: 3, forNext: 0 },
      { unused: 3, forNext: 5 },
    ])
    expect(countedOf({ used: 8, last: noon, carried: 2 }, rule)).toEqual({ unused: 0, forNext: 5 })
    expect(recount(record, counted[2]!, { unused: 1, forNext: 5 })).toEqual({ used: 2, last: noon, carried: 9 })
    expect(recount({ used: 1, last: noon, carried: 0 }, counted[2]!, { unused: 1, forNext: 5 })).toEqual({
      used: 1,
      last: noon,
      carried: 5,
    })
  })

  test('is one for all guarantees of such a period', () => {
    expect(reservedTerms(guaranteed(5)).rule).toBe(reservedTerms(guaranteed(6)).rule)
    expect(startOfNext(noon, guaranteed(5))).toBe(noon + second)
  })
})
