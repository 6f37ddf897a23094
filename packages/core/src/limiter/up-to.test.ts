import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { skip } from '../key.ts'
import type { Limit } from '../limit.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { surviveOutages } from '../outage/outage.ts'
import { concurrency } from '../rules/concurrency/concurrency.ts'
import { guaranteedShareOf } from '../rules/guaranteed/guaranteed-share.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { lateStore } from '../testing/late-store.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { createLimiter } from './limiter.ts'
import type { SyncLimiter } from './limiter-contract.ts'

const tokens: Limit<string, 'sync'> = { name: 'tokens', by: (id) => id, rule: tokenBucket({ capacity: 100, per: '1m' }) }
const requests: Limit<string, 'sync'> = { name: 'requests', by: (id) => id, cost: 1, rule: tokenBucket({ capacity: 5, per: '1m' }) }

function limiterOf(...limits: Limit<string, 'sync'>[]): SyncLimiter<string> {
  return createLimiter<string>({ limits, store: memoryStore({ clock: manualClock() }) })
}

function left(limiter: SyncLimiter<string>): (number | undefined)[] {
  return limiter.peek('ann', { cost: 0 }).limits.map(({ remaining }) => remaining)
}

describe('a call that can take less', () => {
  test('takes all that it would like where that is there, and the rest where it is not', () => {
    const limiter = limiterOf(tokens)
    expect(limiter.consumeUpTo('ann', { atMost: 70 })).toMatchObject({ allowed: true, granted: 70, limits: [{ cost: 70, remaining: 30 }] })
    expect(limiter.consumeUpTo('ann', { atMost: 70 })).toMatchObject({ allowed: true, granted: 30, limits: [{ cost: 30, remaining: 0 }] })
  })

  test('is refused where less is there than is of use, as one for the least would be, and changes nothing', () => {
    const limiter = limiterOf(requests, tokens)
    limiter.consume('ann', { cost: 96 })
    const refused = limiter.consumeUpTo('ann', { atMost: 50, atLeast: 8 })
    expect(refused).toEqual({ ...limiter.consume('ann', { cost: 8 }), granted: 0 })
    expect(refused).toMatchObject({ allowed: false, granted: 0, outcome: 'limited', refusedBy: ['tokens'], retryAfterMs: 2400 })
    expect(left(limiter)).toEqual([4, 4])
  })

  test('is impossible where the least is above a capacity', () => {
    expect(limiterOf(tokens).consumeUpTo('ann', { atMost: 500, atLeast: 101 })).toMatchObject({ outcome: 'impossible', granted: 0 })
  })

  test('leaves limits with a cost of their own their cost, and those that it names', () => {
    const named = { ...tokens, name: 'bytes' }
    const limiter = limiterOf(requests, tokens, named)
    const taken = limiter.consumeUpTo('ann', { atMost: 90, cost: { bytes: 7 } })
    expect([taken.granted, ...taken.limits.map(({ cost }) => cost)]).toEqual([90, 1, 90, 7])
  })

  test('is refused by a limit with a cost of its own, whatever the others hold', () => {
    const limiter = limiterOf(requests, tokens)
    for (let i = 0; i < 5; i++) limiter.consume('ann', { cost: 1 })
    expect(limiter.consumeUpTo('ann', { atMost: 90 })).toMatchObject({ refusedBy: ['requests'], limits: [{ cost: 1 }, { cost: 1 }] })
    expect(left(limiter)).toEqual([0, 95])
  })

  test('gets no less for a shadow limit, which pays only in full', () => {
    const shadow = { ...tokens, name: 'trial', shadow: true, rule: tokenBucket({ capacity: 20, per: '1m' }) }
    const limiter = limiterOf(shadow, tokens)
    expect(limiter.consumeUpTo('ann', { atMost: 50 })).toMatchObject({ granted: 50, limits: [{ cost: 50, allowed: false }, {}] })
    expect(left(limiter)).toEqual([20, 50])
  })

  test('gets everything where no limit applies, or all have a cost of their own', () => {
    expect(limiterOf({ ...tokens, by: () => skip }).consumeUpTo('ann', { atMost: 9 })).toMatchObject({ allowed: true, granted: 9 })
    expect(limiterOf(requests).consumeUpTo('ann', { atMost: 9 })).toMatchObject({ granted: 9, limits: [{ cost: 1 }] })
  })

  test('gets nothing of a blocked key, and of one in debt', () => {
    const limiter = limiterOf(tokens)
    limiter.block('tokens', 'ann', '5s')
    expect(limiter.consumeUpTo('ann', { atMost: 9 })).toMatchObject({ granted: 0, retryAfterMs: 5000 })
    limiter.reserve('bob', { cost: 100 }).settle(150)
    expect(limiter.consumeUpTo('bob', { atMost: 9 })).toMatchObject({ granted: 0, retryAfterMs: 30_600 })
  })

  test('holds no slot, as consume does not', () => {
    const limiter = limiterOf({ name: 'jobs', by: (id) => id, rule: concurrency({ capacity: 2 }) })
    expect(() => limiter.consumeUpTo('ann', { atMost: 9 })).toThrow(expect.objectContaining({ code: 'SLUICE_RESERVE_NEEDED' }))
  })

  test.each([
    [undefined, 'SLUICE_WHOLE_NUMBER'],
    [{ atMost: 5, cost: 1 }, 'SLUICE_OPTION_TYPE'],
    [{ atMost: 0 }, 'SLUICE_WHOLE_NUMBER'],
    [{ atMost: 2.5 }, 'SLUICE_WHOLE_NUMBER'],
    [{ atMost: 5, atLeast: 6 }, 'SLUICE_WHOLE_NUMBER'],
    [{ atMost: 5, atLeast: 0 }, 'SLUICE_WHOLE_NUMBER'],
    [{ atMost: 5, cost: { nobody: 1 } }, 'SLUICE_LIMIT_UNKNOWN'],
    [{ atMost: 5, cost: { tokens: -1 } }, 'SLUICE_COST'],
  ])('refuses %j', (options, code) => {
    expect(() => limiterOf(tokens).consumeUpTo('ann', options as never)).toThrow(expect.objectContaining({ code }))
  })

  test('extends no reservation, which its type says', () => {
    const limiter = limiterOf(tokens)
    const held = limiter.reserve('ann', { cost: 60 })
    // @ts-expect-error - what a refusal would give back is not known beforehand
    const extending = (): unknown => limiter.consumeUpTo('ann', { atMost: 90, extend: [held] })
    expect(extending).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_UNKNOWN' }))
  })
})

test('what is taken is the most that consume would have admitted', () => {
  const histories = fc.record({
    used: fc.array(fc.nat({ max: 12 }), { maxLength: 2 }),
    atMost: fc.integer({ min: 1, max: 15 }),
    atLeast: fc.nat(),
  })
  fc.assert(
    fc.property(histories, ({ used, atMost, atLeast }) => {
      const least = 1 + (atLeast % atMost)
      const limits = [12, 9].map((capacity, i) => ({ ...tokens, name: `${i}`, rule: tokenBucket({ capacity, per: '1h' }) }))
      const fresh = (): SyncLimiter<string> => {
        const limiter = limiterOf(...limits)
        for (const cost of used) limiter.consume('ann', { cost })
        return limiter
      }
      const wanted = Array.from({ length: atMost - least + 1 }, (_, i) => atMost - i).find((cost) => fresh().peek('ann', { cost }).allowed)
      expect(fresh().consumeUpTo('ann', { atMost, atLeast: least }).granted).toBe(wanted ?? 0)
    }),
  )
})

test('a guaranteed share gives what it guarantees, and what no other share is guaranteed', () => {
  const api: Limit<string, 'sync'> = { name: 'api', by: () => 'all', rule: tokenBucket({ capacity: 100, per: '1h', mode: 'interval' }) }
  const app: Limit<string, 'sync'> = { name: 'app', by: (id) => id, rule: guaranteedShareOf('api', 0.2) }
  const limiter = limiterOf(api, app)
  limiter.consume('bob')
  expect(limiter.consumeUpTo('ann', { atMost: 500 }).granted).toBe(80)
  expect(limiter.consumeUpTo('ann', { atMost: 500 }).granted).toBe(0)
  expect(limiter.consumeUpTo('bob', { atMost: 500 }).granted).toBe(19)
})

test('many at once take together what is there', async () => {
  const limiter = createLimiter<string>({ limits: [tokens], store: surviveOutages(lateStore(), { processes: 1 }) })
  const taken = await Promise.all(Array.from({ length: 20 }, () => limiter.consumeUpTo('ann', { atMost: 9 })))
  expect(taken.map(({ granted }) => granted)).toEqual([...Array.from({ length: 11 }, () => 9), 1, ...Array.from({ length: 8 }, () => 0)])
})

test('a store that is away gives what this process may give by itself', async () => {
  const dead = { ...lateStore(), decide: () => Promise.reject(new Error('connection refused')) }
  const limiter = createLimiter<string>({ limits: [tokens], store: surviveOutages(dead, { processes: 4, clock: manualClock() }) })
  expect(await limiter.consumeUpTo('ann', { atMost: 90 })).toMatchObject({ decidedBy: 'local', granted: 25 })
  expect(await limiter.consumeUpTo('ann', { atMost: 90 })).toMatchObject({ decidedBy: 'local', granted: 0 })
})
