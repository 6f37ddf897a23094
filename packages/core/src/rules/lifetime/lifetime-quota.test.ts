import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holdsTheLawsOfCounting } from '../../../test/counting-laws.ts'
import { createLimiter } from '../../limiter/limiter.ts'
import { memoryStore } from '../../memory/memory-store.ts'
import { manualClock } from '../../testing/manual-clock.ts'
import { lifetimeQuota, lifetimeQuotaKind } from './lifetime-quota.ts'

const rule = lifetimeQuota({ capacity: 10 })
const dayUs = 86_400_000_000
const start = 1_767_225_600_000_000
const { decide, describe: describeBucket } = lifetimeQuotaKind

test.each<[state: string, used: number | undefined, daysSince: number, cost: number, admits: boolean, usedAfter: number]>([
  ['never used', undefined, 0, 10, true, 10],
  ['never used', undefined, 0, 11, false, 0],
  ['used in part', 4, 0, 6, true, 10],
  ['used in part', 4, 0, 7, false, 4],
  ['used up', 10, 0, 0, true, 10],
  ['used up', 10, 1, 1, false, 10],
  ['used up, 400 days ago less a day', 10, 399, 1, false, 10],
  ['used up, 400 days ago', 10, 400, 10, true, 10],
  ['in debt', 15, 1, 1, false, 15],
])('a bucket %s (%s, %d days) asked for %d: %s, then %d used', (_state, used, daysSince, cost, admits, usedAfter) => {
  const state = used === undefined ? undefined : { used, last: start, carried: 0 }
  const step = decide(state, start + daysSince * dayUs, cost, rule, 10)
  expect([step.admits, step.after.used]).toEqual([admits, usedAfter])
})

test('a charge begins the 400 days anew, and a step back of the clock does not shorten them', () => {
  const first = decide(undefined, start, 4, rule, 10).after
  const second = decide(first, start + 300 * dayUs, 4, rule, 10).after
  expect(describeBucket(second, start + 300 * dayUs, 1, rule)).toMatchObject({ remaining: 2, resetUs: 400 * dayUs })
  expect(decide(second, start + 699 * dayUs, 3, rule, 10).admits).toBe(false)
  expect(decide(second, start, 2, rule, 10).after).toEqual({ used: 10, last: start + 300 * dayUs, carried: 0 })
})

test('the 400 days begin with the charge, also for a clock that has stepped back since', () => {
  const state = { used: 4, last: start, carried: 0 }
  expect(describeBucket(state, start - dayUs, 1, rule).resetUs).toBe(401 * dayUs)
})

test.each<[what: string, used: number, backDays: number, moves: boolean]>([
  ['an empty bucket goes back with the clock', 0, 1, true],
  ['a bucket in use stays at its charge', 4, 400, false],
  ['a bucket goes back with a clock that jumped there and back', 4, 401, true],
])('%s', (_what, used, backDays, moves) => {
  const now = start - backDays * dayUs
  expect(lifetimeQuotaKind.advance({ used, last: start, carried: 0 }, now, rule)).toEqual({ used, last: moves ? now : start, carried: 0 })
})

test('says in headers that nothing comes back, and in JSON that it is for life', () => {
  expect(lifetimeQuotaKind.pace?.(rule)).toEqual({ refill: null, periodMs: null, unit: 'requests' })
  expect(JSON.parse(JSON.stringify(rule))).toMatchObject({ kind: 'lifetime-quota', capacity: 10, per: 'lifetime' })
})

test('a wrong option is named', () => {
  expect(() => lifetimeQuota({ capacity: -1 })).toThrow(/capacity/)
  expect(() => lifetimeQuota({ capacity: 1, per: '1d' } as { capacity: number })).toThrow(/lifetimeQuota.*per|per.*lifetimeQuota/)
})

holdsTheLawsOfCounting(
  'lifetime quota',
  fc.integer({ min: 1, max: 50 }).map((capacity) => lifetimeQuota({ capacity })),
  ({ periodUs }) => periodUs,
)

describe('a limiter with a lifetime quota', () => {
  const by = (key: string): string => key
  const trial = (capacity: number) => ({ name: 'trial', by, rule: lifetimeQuota({ capacity }) })
  const limiterAt = () => {
    const clock = manualClock()
    return { clock, limiter: createLimiter<string>({ store: memoryStore({ clock }), limits: [trial(10)] }) }
  }

  test('refuses what is used up as impossible, because no wait helps', () => {
    const { clock, limiter } = limiterAt()
    limiter.consume('ann', { cost: 10 })
    clock.advance('366d')
    const refused = limiter.consume('ann')
    expect(refused).toMatchObject({ outcome: 'impossible', retryAfterMs: null })
    expect(refused.limits).toMatchObject([{ remaining: 0, retryAfterMs: null, replenishAfterMs: 0, resetAfterMs: 0 }])
  })

  test('gives back what is refunded and what a reservation did not use, however late', () => {
    const { clock, limiter } = limiterAt()
    const reservation = limiter.reserve('ann', { cost: 8 })
    clock.advance('9m')
    reservation.settle(3)
    clock.advance('30d')
    limiter.refund('ann', { cost: 2 })
    expect(limiter.inspect('trial', 'ann')?.remaining).toBe(9)
  })

  test('is topped up by a larger capacity, and takes nothing back by a smaller one', () => {
    const { limiter } = limiterAt()
    limiter.consume('ann', { cost: 10 })
    void limiter.update([trial(15)])
    expect(limiter.peek('ann').limits[0]?.remaining).toBe(5)
    void limiter.update([trial(8)])
    expect(limiter.peek('ann').limits[0]?.remaining).toBe(0)
    void limiter.update([trial(15)])
    expect(limiter.consume('ann', { cost: 5 }).allowed).toBe(true)
  })
})
