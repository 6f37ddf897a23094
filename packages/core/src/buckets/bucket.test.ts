import { describe, expect, test } from 'vitest'
import { ruleOf } from '../kind.ts'
import { type TokenBucketRule, tokenBucket, tokenBucketKind } from '../rules/token-bucket/token-bucket.ts'
import type { Terms } from '../store.ts'
import { type Bucket, isExpired, keepUs, sameRule, underTerms } from './bucket.ts'

const ten = tokenBucket({ capacity: 10, per: '1s' })
const slow = tokenBucket({ capacity: 10, per: '1h' })
const five = tokenBucket({ capacity: 5, per: '1s' })
const interval = tokenBucket({ capacity: 10, refill: 4, per: '1s', mode: 'interval' })
const noon = Date.UTC(2026, 0, 1, 12) * 1000

function terms(rule: TokenBucketRule, version: number = 0, initial: number = rule.capacity): Terms {
  return { rule, initial, version }
}

function bucket(units: number, under: Terms): Bucket {
  return { state: { used: units * under.rule.scale, last: noon, carried: 0 }, terms: under }
}

/** A bucket that lacks so much, and has used so much in all. */
function forgiven(units: number, inAll: number, under: Terms): Bucket {
  return { ...bucket(units, under), uncapped: bucket(inAll, under).state }
}

describe('the same rule', () => {
  test.each([
    ['one object', ten, ten, true],
    ['the same numbers', ten, { ...ten }, true],
    ['another capacity', ten, five, false],
    ['another mode', { ...ten }, { ...ten, mode: 'interval' }, false],
    ['another kind', { ...ten }, { ...ten, kind: 'burst-max' }, false],
  ])('%s', (_, a, b, same) => {
    expect([sameRule(a, b), sameRule(b, a)]).toEqual([same, same])
  })
})

describe('a bucket is expired', () => {
  test.each<[what: string, bucket: Bucket, afterUs: number, expired: boolean]>([
    ['as soon as it is full', bucket(3, terms(ten)), 300_000, true],
    ['not a microsecond before', bucket(3, terms(ten)), 299_999, false],
    ['at once where it lacks nothing', bucket(0, terms(ten)), 0, true],
    ['not before its own time', bucket(0, terms(ten)), -1, false],
    ['with the period that fills it', bucket(4, terms(interval)), 1_000_000, true],
    ['not before the end of that period', bucket(4, terms(interval)), 999_999, false],
    ['not while it has not come back what was forgiven', forgiven(3, 8, terms(ten)), 799_999, false],
    ['when that has come back', forgiven(3, 8, terms(ten)), 800_000, true],
    ['that starts lower, and was forgiven', forgiven(3, 8, terms(ten, 0, 5)), 600_800_000, true],
    ['that starts lower, and was forgiven, not before', forgiven(3, 8, terms(ten, 0, 5)), 600_799_999, false],
    ['that starts lower, when it has been full for ten minutes', bucket(3, terms(ten, 0, 5)), 600_300_000, true],
    ['that starts lower, not before', bucket(3, terms(ten, 0, 5)), 600_299_999, false],
    [
      'that starts lower and fills slowly, when it has been full for as long as that takes',
      bucket(3, terms(slow, 0, 5)),
      4_680_000_000,
      true,
    ],
    ['that starts lower and fills slowly, not before', bucket(3, terms(slow, 0, 5)), 4_679_999_999, false],
    ['that starts lower and lacks nothing', bucket(0, terms(ten, 0, 0)), 600_000_000, true],
    ['that starts lower and lacks nothing, not before', bucket(0, terms(ten, 0, 0)), 599_999_999, false],
  ])('%s', (_, kept, afterUs, expired) => {
    expect(isExpired(kept, noon + afterUs)).toBe(expired)
  })
})

test.each([
  ['that lacks 3 of 10', bucket(3, terms(ten)), 300_000],
  ['that lacks nothing', bucket(0, terms(ten)), 0],
  ['in debt', bucket(20, terms(ten)), 2_000_000],
  ['that starts lower', bucket(3, terms(ten, 0, 9)), 600_300_000],
  ['of an interval', bucket(9, terms(interval)), 3_000_000],
  ['that was forgiven', forgiven(3, 8, terms(ten)), 800_000],
  ['that starts lower and was forgiven', forgiven(3, 8, terms(ten, 0, 9)), 600_800_000],
])('a bucket %s must be kept until it makes no difference', (_, kept, us) => {
  expect(keepUs(kept, noon)).toBe(us)
})

describe('a bucket under the terms of a call', () => {
  test('is itself under the same terms', () => {
    const same = terms(ten)
    const kept = bucket(3, same)
    expect(underTerms(kept, same, noon, 'keepUsed')).toBe(kept)
  })

  test('keeps its state under equal numbers, and takes the new terms', () => {
    const kept = bucket(3, terms(ruleOf(tokenBucketKind, { ...ten })))
    const equal = terms(ten, 4)
    const { state, terms: under } = underTerms(kept, equal, noon, 'keepUsed')
    expect(state).toBe(kept.state)
    expect(under).toBe(equal)
  })

  test('is converted for another rule of the same or a newer version', () => {
    for (const version of [1, 2]) {
      const called = terms(five, version)
      const { state, terms: under } = underTerms(bucket(3, terms(ten, 1)), called, noon, 'keepUsed')
      expect(state!.used).toBe(3 * five.scale)
      expect(under).toBe(called)
    }
  })

  test('is converted as the call says', () => {
    const { state, uncapped } = underTerms(bucket(6, terms(ten)), terms(five), noon, 'proportional')
    expect(state!.used).toBe(3 * five.scale)
    expect(uncapped).toEqual({ used: 6 * five.scale, last: noon, carried: 0 })
  })

  test.each([
    ['the same terms', terms(ten)],
    ['equal numbers', terms({ ...ten }, 4)],
    ['an older version', terms(five, -1)],
  ])('keeps the uncapped state under %s', (_, called) => {
    const kept = forgiven(3, 8, terms(ten))
    expect(underTerms(kept, called, noon, 'keepUsed').uncapped).toBe(kept.uncapped)
  })

  test('stays under its own terms for an older version', () => {
    const kept = bucket(3, terms(ten, 2))
    expect(underTerms(kept, terms(five, 1), noon, 'keepUsed')).toBe(kept)
  })

  test('is as good as never used once it is expired, whatever the version', () => {
    const older = terms(five, 1)
    expect(underTerms(bucket(3, terms(ten, 2)), older, noon + 300_000, 'keepUsed')).toEqual({ state: undefined, terms: older, epoch: 0 })
  })

  test('that starts lower starts again under the same terms once it is expired', () => {
    const low = terms(ten, 0, 2)
    const kept = bucket(3, low)
    expect(underTerms(kept, low, noon + 600_299_999, 'keepUsed').state).toBe(kept.state)
    expect(underTerms(kept, low, noon + 600_300_000, 'keepUsed').state).toBeUndefined()
  })
})
