import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type TokenBucketRule, tokenBucket } from '../rules/token-bucket-rule.ts'
import { type Migrate, migrate } from './migrate.ts'

const now = Date.UTC(2026, 0, 1) * 1000
const hundred = tokenBucket({ capacity: 100, per: '1s' })
const fifty = tokenBucket({ capacity: 50, per: '1s' })

/** Units that a bucket lacks under the new rule when it lacked so many under the old. */
function lacks(units: number, from: TokenBucketRule, to: TokenBucketRule, how: Migrate, sinceUs: number = 0): number {
  const state = { used: units * from.scale, last: now - sinceUs, carried: 0 }
  return migrate(state, now, from, to, how).used / to.scale
}

describe('what becomes of a bucket', () => {
  test.each<[how: Migrate, missing: number, from: TokenBucketRule, to: TokenBucketRule, left: number]>([
    ['keepUsed', 30, hundred, fifty, 30],
    ['keepUsed', 80, hundred, fifty, 80],
    ['keepUsed', 150, hundred, fifty, 150],
    ['keepUsed', 30, fifty, hundred, 30],
    ['keepRemaining', 30, hundred, fifty, 0],
    ['keepRemaining', 80, hundred, fifty, 30],
    ['keepRemaining', 120, hundred, fifty, 70],
    ['keepRemaining', 30, fifty, hundred, 80],
    ['keepRemaining', 0, fifty, hundred, 50],
    ['proportional', 30, hundred, fifty, 15],
    ['proportional', 120, hundred, fifty, 60],
    ['proportional', 20, fifty, hundred, 40],
    ['reset', 80, hundred, fifty, 0],
    ['reset', 180, hundred, fifty, 0],
  ])('%s: one that lacks %d', (how, missing, from, to, left) => {
    expect(lacks(missing, from, to, how)).toBe(left)
  })

  test('is credited at the old rate up to the change', () => {
    const slow = tokenBucket({ capacity: 100, refill: 1, per: '1s' })
    expect(lacks(100, slow, hundred, 'keepUsed', 3_000_000)).toBe(97)
    expect(lacks(100, hundred, slow, 'keepUsed', 500_000)).toBe(50)
  })

  test('stands at the time of the change', () => {
    expect(migrate({ used: 5, last: now - 7, carried: 0 }, now, hundred, fifty, 'reset')).toEqual({ used: 0, last: now, carried: 0 })
  })

  test('stays ahead of a clock that stepped back, and goes back with one that jumped', () => {
    const state = { used: 50 * hundred.scale, last: now + 500_000, carried: 0 }
    expect(migrate(state, now, hundred, fifty, 'keepUsed').last).toBe(now + 500_000)
    expect(migrate({ ...state, last: now + 500_001 }, now, hundred, fifty, 'keepUsed').last).toBe(now)
  })
})

describe('rounding', () => {
  const third = tokenBucket({ capacity: 10, refill: 3, per: '1s' })
  const interval = tokenBucket({ capacity: 10, per: '1s', mode: 'interval' })

  test('is against the caller, to the next part of a unit that the new rule counts', () => {
    const state = { used: third.scale * 2 + 1, last: now, carried: 0 }
    expect(migrate(state, now, third, interval, 'keepUsed').used).toBe(3)
    expect(migrate(state, now, third, interval, 'keepRemaining').used).toBe(3)
    expect(migrate(state, now, third, interval, 'proportional').used).toBe(3)
  })

  test('is against the caller for a debt, too', () => {
    const state = { used: third.scale * 12 + 1, last: now, carried: 0 }
    expect(migrate(state, now, third, interval, 'keepUsed').used).toBe(13)
    expect(migrate(state, now, third, interval, 'keepRemaining').used).toBe(13)
  })

  test('never leaves more than was there, whichever way and however often the rule changes', () => {
    const rule = fc
      .record({
        capacity: fc.integer({ min: 1, max: 1000 }),
        refill: fc.integer({ min: 1, max: 1000 }),
        ms: fc.integer({ min: 1, max: 10_000_000 }),
      })
      .map(({ capacity, refill, ms }) => tokenBucket({ capacity, refill, per: `${ms}ms` }))
    fc.assert(
      fc.property(rule, rule, fc.double({ min: 0, max: 2, noNaN: true }), (from, to, owed) => {
        const used = Math.floor(from.capacity * from.scale * owed)
        const there = migrate({ used, last: now, carried: 0 }, now, from, to, 'keepUsed')
        const back = migrate(there, now, to, from, 'keepUsed')
        const grew = BigInt(back.used) - BigInt(used)
        // Each conversion rounds by less than a part where it is exact, and by one part and one in 2^50 more where it is not.
        const lost = 3n * (BigInt(from.scale) / BigInt(to.scale) + 1n) + BigInt(used) / 2n ** 48n
        return grew >= 0n && grew <= lost && BigInt(there.used) * BigInt(from.scale) >= BigInt(used) * BigInt(to.scale)
      }),
      { numRuns: 10_000 },
    )
  })
})

test('a debt beyond everything countable stops at 2^53 - 1', () => {
  const [rich, poor] = [tokenBucket({ capacity: 1e9, per: '1s' }), tokenBucket({ capacity: 1, per: '366d' })]
  for (const how of ['keepUsed', 'keepRemaining'] as const) {
    const state = { used: 2 * rich.capacity * rich.scale, last: now, carried: 0 }
    expect(migrate(state, now, rich, poor, how).used).toBe(Number.MAX_SAFE_INTEGER)
  }
})
