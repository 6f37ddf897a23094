import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type TokenBucketRule, tokenBucket } from '../token-bucket/token-bucket.ts'
import { isShare, resolveShare, shareOf } from './share.ts'

function share(parent: TokenBucketRule, ratio: number): TokenBucketRule {
  return resolveShare(shareOf('app', ratio), parent, 'share') as TokenBucketRule
}

describe('a share', () => {
  test.each([
    [0.5, 5, 10],
    [0.25, 25, 100],
    [1, 1, 1],
    [0.1, 1, 10],
    [0.3, 3, 10],
    [0.333, 333, 1000],
    [0.000000001, 1, 1_000_000_000],
    [0.123456789, 123_456_789, 1_000_000_000],
  ])('of %d is the exact fraction, in lowest decimal terms', (ratio, numerator, denominator) => {
    expect(shareOf('app', ratio)).toEqual({ kind: 'share', parent: 'app', numerator, denominator, guaranteed: false })
  })

  test('names its parent by name or by limit', () => {
    const rule = shareOf({ name: 'app' }, 0.5)
    expect(rule).toBe(shareOf('app', 0.5))
    expect(rule).not.toBe(shareOf('api', 0.5))
    expect([isShare(rule), isShare(tokenBucket({ capacity: 1, per: '1s' }))]).toEqual([true, false])
  })

  test.each([0, -0.5, 1.1, 0.0000000001, 1 / 3, Number.NaN, Infinity, '0.5', 1n, null, undefined])('of %s is refused', (ratio) => {
    const fault = expect.objectContaining({ code: 'SLUICE_RATIO', facts: { option: 'ratio', value: ratio } })
    expect(() => shareOf('app', ratio as number)).toThrow(fault)
  })

  test.each([undefined, null, 7, {}])('of the parent %s is refused', (parent) => {
    expect(() => shareOf(parent as never, 0.5)).toThrow(/SLUICE_OPTION_TYPE: .*shareOf\(parent\).* must be a limit or its name, but is/)
  })
})

describe('what a share means', () => {
  test.each([
    ['a half', tokenBucket({ capacity: 10, per: '1s' }), 0.5, { capacity: 5, refill: 5, rate: 1, scale: 200_000 }],
    [
      'a capacity that is rounded down',
      tokenBucket({ capacity: 5, per: '1s' }),
      0.5,
      { capacity: 2, refill: 2.5, rate: 1, scale: 400_000 },
    ],
    ['a capacity of at least 1', tokenBucket({ capacity: 3, per: '1s' }), 0.1, { capacity: 1, refill: 0.3, rate: 3, scale: 10_000_000 }],
    [
      'an interval',
      tokenBucket({ capacity: 8, refill: 3, per: '1s', mode: 'interval' }),
      0.5,
      { capacity: 4, refill: 1.5, rate: 3, scale: 2 },
    ],
    ['all of it', tokenBucket({ capacity: 7, refill: 3, per: '1s' }), 1, { capacity: 7, refill: 3, rate: 3, scale: 1_000_000 }],
  ] as const)('%s', (_, parent, ratio, numbers) => {
    expect(share(parent, ratio)).toMatchObject({
      kind: 'token-bucket',
      mode: parent.mode,
      perMs: parent.perMs,
      periodUs: parent.periodUs,
      ...numbers,
    })
  })

  test('is the exact decimal fraction of the rate of its parent', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 1000 }),
        (capacity, refill, perMille) => {
          const parent = tokenBucket({ capacity, refill, per: '1s' })
          const own = share(parent, perMille / 1000)
          const exact = BigInt(own.rate) * BigInt(parent.scale) * 1000n === BigInt(parent.rate) * BigInt(perMille) * BigInt(own.scale)
          return exact && own.capacity === Math.max(1, Math.floor((capacity * perMille) / 1000))
        },
      ),
    )
  })

  test('is one rule for one parent, and follows the parent when that changes', () => {
    const [slow, fast] = [tokenBucket({ capacity: 10, per: '1m' }), tokenBucket({ capacity: 10, per: '1s' })]
    expect(share(slow, 0.5)).toBe(share(slow, 0.5))
    expect([share(slow, 0.5).perMs, share(fast, 0.5).perMs]).toEqual([60_000, 1000])
  })

  test('is refused where its exact fraction cannot be counted', () => {
    const most = tokenBucket({ capacity: 1, refill: Number.MAX_SAFE_INTEGER, per: '366d', mode: 'interval' })
    expect(() => share(most, 0.999999999)).toThrow(expect.objectContaining({ code: 'SLUICE_RULE_TOO_LARGE' }))
  })

  test('shares of shares multiply', () => {
    const parent = tokenBucket({ capacity: 100, per: '1s' })
    expect(share(share(parent, 0.5), 0.1)).toMatchObject({ capacity: 5, refill: 5, rate: 1, scale: 200_000 })
  })
})
