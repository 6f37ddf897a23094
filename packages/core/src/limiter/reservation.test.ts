import { describe, expect, test } from 'vitest'
import type { Limit } from '../limit.ts'
import type { LimiterEvent } from '../limiter-event.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { surviveOutages } from '../outage/outage.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { lateStore } from '../testing/late-store.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { createLimiter } from './limiter.ts'
import { debitedAfter, type Reservation } from './reservation.ts'

const rule = tokenBucket({ capacity: 10, per: '1s' })
const tokens: Limit<string, 'sync'> = { name: 'tokens', by: (id) => id, rule }
const requests: Limit<string, 'sync'> = { ...tokens, name: 'requests', cost: 1 }

function limiterOf(...limits: Limit<string, 'sync'>[]) {
  const clock = manualClock()
  const limiter = createLimiter<string>({ limits, store: memoryStore({ clock }) })
  const left = (name: string): number => limiter.inspect(name, 'ann')?.remaining ?? 10
  return { limiter, clock, left }
}

describe('settling', () => {
  test.each([
    ['by one number, which is for limits without a cost of their own', 3, 7, 9],
    ['by name', { tokens: 3 }, 7, 9],
    ['by the name of a limit with a cost of its own', { requests: 0, tokens: 3 }, 7, 10],
    ['by no name, which leaves the estimate', {}, 4, 9],
    ['by 0', 0, 10, 9],
    ['by more than was reserved', 9, 1, 9],
  ])('%s', (_, actual, leftOfTokens, leftOfRequests) => {
    const { limiter, left } = limiterOf(requests, tokens)
    limiter.reserve('ann', { cost: 6 }).settle(actual)
    expect([left('tokens'), left('requests')]).toEqual([leftOfTokens, leftOfRequests])
  })

  test('counts once: the first of settle and cancel', () => {
    const { limiter, left } = limiterOf(tokens)
    const reservation = limiter.reserve('ann', { cost: 6 })
    reservation.settle(2)
    reservation.settle(10)
    reservation.cancel()
    expect(left('tokens')).toBe(8)
    const other = limiter.reserve('ann', { cost: 6 })
    other.cancel()
    other.settle(6)
    expect(left('tokens')).toBe(8)
  })

  test('goes by functions that were taken out of the reservation', () => {
    const { limiter, left } = limiterOf(tokens)
    const { settle } = limiter.reserve('ann', { cost: 6 })
    settle(2)
    expect(left('tokens')).toBe(8)
    const { cancel, renew } = limiter.reserve('ann', { cost: 6 })
    expect(renew()).toBe(true)
    cancel()
    expect([renew(), left('tokens')]).toEqual([false, 8])
  })

  test.each([-1, 0.5, Number.NaN, null, { usage: 3 }])('by %j throws, and the reservation stays open', (actual) => {
    const { limiter, left } = limiterOf(tokens)
    const reservation = limiter.reserve('ann', { cost: 6 })
    expect(() => reservation.settle(actual as never)).toThrow(/SLUICE_(COST|LIMIT_UNKNOWN)/)
    reservation.settle(1)
    expect(left('tokens')).toBe(9)
  })

  test('of a refused reservation does nothing', () => {
    const { limiter, left } = limiterOf(tokens)
    limiter.consume('ann', { cost: 8 })
    const refused = limiter.reserve('ann', { cost: 6 })
    expect(refused.decision).toMatchObject({ allowed: false, outcome: 'limited', retryAfterMs: 400 })
    refused.settle(9)
    refused.cancel()
    expect(left('tokens')).toBe(2)
  })

  test('reports what passes the largest debt as a fault of its limit', () => {
    const { limiter } = limiterOf(tokens)
    const events: LimiterEvent[] = []
    limiter.observe((event) => events.push(event))
    limiter.reserve('ann', { cost: 10 }).settle(25)
    expect(events.at(-1)).toMatchObject({
      type: 'fault',
      limit: 'tokens',
      error: { code: 'SLUICE_DEBT_BOUND', facts: { name: 'tokens', value: 5 } },
    })
  })

  test('goes by the policy of the reservation, whatever was updated since', () => {
    const { limiter, left } = limiterOf(tokens)
    const reservation = limiter.reserve('ann', { cost: 6 })
    void limiter.update([{ ...tokens, cost: 2 }])
    reservation.settle(1)
    expect(left('tokens')).toBe(9)
  })
})

describe('with debit after', () => {
  const after: Limit<string, 'sync'> = { ...tokens, debit: 'after' }

  test('says which limits wait for its settlement, if it was made here', () => {
    const { limiter } = limiterOf(requests, after)
    const reservation = limiter.reserve('ann')
    expect(debitedAfter(reservation)).toEqual(['tokens'])
    expect(debitedAfter({ ...reservation })).toEqual(['tokens'])
    expect(debitedAfter({ decision: reservation.decision } as Reservation)).toEqual([])
  })

  test.each([
    ['what was used is charged', 4, 6],
    ['nothing is charged for nothing', 0, 10],
    ['the estimate is charged where the settlement names others', {}, 7],
    ['what was used may pass the limit', 14, 0],
  ])('%s', (_, actual, remaining) => {
    const { limiter, left } = limiterOf(after)
    const reservation = limiter.reserve('ann', { cost: 3 })
    expect(left('tokens')).toBe(10)
    reservation.settle(actual)
    expect(left('tokens')).toBe(remaining)
  })

  test('a limit with a cost of its own charges that', () => {
    const { limiter, left } = limiterOf({ ...after, cost: 2 })
    limiter.reserve('ann').settle(9)
    expect(left('tokens')).toBe(8)
  })

  test('a cancelled or abandoned reservation charges nothing', () => {
    const { limiter, left } = limiterOf(after)
    limiter.reserve('ann', { cost: 3 }).cancel()
    limiter.reserve('ann', { cost: 3 })
    expect(left('tokens')).toBe(10)
  })

  test('concurrent successes are never refused, and consume charges at once', () => {
    const { limiter, left } = limiterOf(after)
    const inFlight = Array.from({ length: 8 }, () => limiter.reserve('ann', { cost: 3 }))
    expect(inFlight.every(({ decision }) => decision.allowed)).toBe(true)
    limiter.consume('ann', { cost: 3 })
    expect(left('tokens')).toBe(7)
  })
})

describe('a shadow limit', () => {
  const trial: Limit<string, 'sync'> = { ...tokens, name: 'trial', shadow: true }

  test('that could not pay is not settled', () => {
    const { limiter, left } = limiterOf(tokens, trial)
    limiter.consume('ann', { cost: { tokens: 0, trial: 8 } })
    limiter.reserve('ann', { cost: 5 }).settle(9)
    expect([left('tokens'), left('trial')]).toEqual([1, 2])
  })

  test('that paid is', () => {
    const { limiter, left } = limiterOf(tokens, trial)
    limiter.reserve('ann', { cost: 5 }).settle(3)
    expect([left('tokens'), left('trial')]).toEqual([7, 7])
  })
})

describe('the end of a block', () => {
  test('cancels with `using`', () => {
    const { limiter, left } = limiterOf(tokens)
    {
      using reservation = limiter.reserve('ann', { cost: 6 })
      expect([reservation.decision.allowed, left('tokens')]).toEqual([true, 4])
    }
    expect(left('tokens')).toBe(10)
  })

  test('cancels with `using` when the work throws', () => {
    const { limiter, left } = limiterOf(tokens)
    const work = (): void => {
      using _reservation = limiter.reserve('ann', { cost: 6 })
      throw new Error('boom')
    }
    expect(work).toThrow('boom')
    expect(left('tokens')).toBe(10)
  })

  test('leaves what was settled as it is', () => {
    const { limiter, left } = limiterOf(tokens)
    {
      using reservation = limiter.reserve('ann', { cost: 6 })
      reservation.settle(2)
    }
    expect(left('tokens')).toBe(8)
  })

  test('cancels with `await using`, wherever the buckets live', async () => {
    for (const store of [memoryStore(), surviveOutages(lateStore(), { processes: 1 })]) {
      const limiter = createLimiter<string>({ limits: [tokens], store })
      {
        await using reservation = await limiter.reserve('ann', { cost: 6 })
        expect(reservation.decision.allowed).toBe(true)
      }
      expect(await limiter.inspect('tokens', 'ann')).toBe(null)
    }
  })
})
