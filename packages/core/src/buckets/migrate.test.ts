import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BucketState } from '../kind.ts'
import { guaranteedPart } from '../rules/guaranteed/guaranteed-kind.ts'
import { type TokenBucketRule, tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { Migrate } from '../store.ts'
import { migrate } from './migrate.ts'

const now = Date.UTC(2026, 0, 1) * 1000
const hundred = tokenBucket({ capacity: 100, per: '1s' })
const fifty = tokenBucket({ capacity: 50, per: '1s' })
const hundredAndTwenty = tokenBucket({ capacity: 120, per: '1s' })
const hundredAndFifty = tokenBucket({ capacity: 150, per: '1s' })
const all = { numerator: 1, denominator: 1 }

/** Units that a bucket lacks under the new rule when it lacked so many under the old. */
function lacks(units: number, from: TokenBucketRule, to: TokenBucketRule, how: Migrate, sinceUs: number = 0): number {
  const state = { used: units * from.scale, last: now - sinceUs, carried: 0 }
  return migrate({ state }, now, from, to, how).state.used / to.scale
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
    ['proportional', 100, hundred, fifty, 50],
    ['proportional', 120, hundred, fifty, 70],
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
    const state = { used: 5, last: now - 7, carried: 0 }
    expect(migrate({ state }, now, hundred, fifty, 'reset')).toEqual({ state: { used: 0, last: now, carried: 0 } })
  })

  test('stays ahead of a clock that stepped back, and goes back with one that jumped', () => {
    const state = { used: 50 * hundred.scale, last: now + 500_000, carried: 0 }
    expect(migrate({ state }, now, hundred, fifty, 'keepUsed').state.last).toBe(now + 500_000)
    expect(migrate({ state: { ...state, last: now + 500_001 } }, now, hundred, fifty, 'keepUsed').state.last).toBe(now)
  })
})

describe('of what was used, a change', () => {
  const whole = (units: number): BucketState => ({ used: units * hundred.scale, last: now, carried: 0 })

  test.each<[how: Migrate, missing: number, inAll: number, to: TokenBucketRule, left: number, leftInAll: number | undefined]>([
    ['keepRemaining', 80, 80, fifty, 30, 80],
    ['keepRemaining', 50, 50, fifty, 0, 50],
    ['proportional', 80, 80, fifty, 40, 80],
    ['keepUsed', 80, 80, fifty, 80, undefined],
    ['reset', 80, 80, fifty, 0, undefined],
    ['keepUsed', 30, 80, fifty, 80, undefined],
    ['keepRemaining', 30, 80, hundred, 30, 80],
    ['keepRemaining', 30, 80, hundredAndFifty, 80, undefined],
    ['keepRemaining', 30, 80, hundredAndTwenty, 50, 80],
    ['proportional', 30, 80, hundredAndFifty, 80, undefined],
    ['proportional', 90, 95, hundredAndFifty, 135, undefined],
    ['reset', 30, 80, hundredAndFifty, 0, undefined],
  ])('by %s: of a bucket of 100 that lacks %d and has used %d in all', (how, missing, inAll, to, left, leftInAll) => {
    const account = { state: whole(missing), uncapped: whole(inAll) }
    const { state, uncapped } = migrate(account, now, hundred, to, how)
    expect([state.used / to.scale, uncapped && uncapped.used / to.scale]).toEqual([left, leftInAll])
  })

  test('forgives nothing of a guaranteed share, which its parent counts', () => {
    const [ten, five] = [10, 5].map((capacity) => guaranteedPart(tokenBucket({ capacity, per: '1s', mode: 'interval' }), all)!)
    const state = { used: 8, last: now, carried: 0 }
    expect(migrate({ state }, now, ten!, five!, 'keepRemaining')).toEqual({ state: { used: 3, last: now, carried: 0 } })
  })
})

describe('rounding', () => {
  const third = tokenBucket({ capacity: 10, refill: 3, per: '1s' })
  const interval = tokenBucket({ capacity: 10, per: '1s', mode: 'interval' })

  test('is against the caller, to the next part of a unit that the new rule counts', () => {
    const state = { used: third.scale * 2 + 1, last: now, carried: 0 }
    expect(migrate({ state }, now, third, interval, 'keepUsed').state.used).toBe(3)
    expect(migrate({ state }, now, third, interval, 'keepRemaining').state.used).toBe(3)
    expect(migrate({ state }, now, third, interval, 'proportional').state.used).toBe(3)
  })

  test('is against the caller for a debt, too', () => {
    const state = { used: third.scale * 12 + 1, last: now, carried: 0 }
    expect(migrate({ state }, now, third, interval, 'keepUsed').state.used).toBe(13)
    expect(migrate({ state }, now, third, interval, 'keepRemaining').state.used).toBe(13)
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
        const { state: there } = migrate({ state: { used, last: now, carried: 0 } }, now, from, to, 'keepUsed')
        const { state: back } = migrate({ state: there }, now, to, from, 'keepUsed')
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
    expect(migrate({ state }, now, rich, poor, how).state.used).toBe(Number.MAX_SAFE_INTEGER)
  }
})
