import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Decision } from '../decision.ts'
import { everyone, skip } from '../key.ts'
import type { Limit } from '../limit.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { surviveOutages } from '../outage/outage.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { SyncStore } from '../store.ts'
import { lateStore } from '../testing/late-store.ts'
import { type ManualClock, manualClock } from '../testing/manual-clock.ts'
import { createLimiter } from './limiter.ts'
import type { SyncLimiter } from './limiter-contract.ts'

const rule = tokenBucket({ capacity: 10, per: '1s' })
const user: Limit<string, 'sync'> = { name: 'user', by: (id) => id, rule }

function limiterOf(...limits: Limit<string, 'sync'>[]): { limiter: SyncLimiter<string>; clock: ManualClock; store: SyncStore } {
  const clock = manualClock()
  const store = memoryStore({ clock })
  return { limiter: createLimiter<string>({ limits: limits.length === 0 ? [user] : limits, store }), clock, store }
}

describe('a synchronous limiter', () => {
  test('decides at once', () => {
    const { limiter } = limiterOf()
    expect(limiter.consume('ann')).toEqual({
      allowed: true,
      outcome: 'allowed',
      retryAfterMs: 0,
      refusedBy: [],
      decidedBy: 'store',
      policyVersion: '0',
      limits: [
        {
          name: 'user',
          allowed: true,
          shadow: false,
          near: false,
          capacity: 10,
          cost: 1,
          remaining: 9,
          retryAfterMs: 0,
          replenishAfterMs: 100,
          resetAfterMs: 100,
          rule,
          disclose: true,
          parent: null,
        },
      ],
    })
  })

  test('has a store of its own where none is given', () => {
    const [a, b] = [createLimiter<string>({ limits: [user] }), createLimiter<string>({ limits: [user] })]
    expectTypeOf(a).toEqualTypeOf<SyncLimiter<string>>()
    for (let i = 0; i < 10; i++) a.consume('ann')
    expect([a.consume('ann').allowed, b.consume('ann').allowed]).toEqual([false, true])
  })

  test('needs no subject where it counts everybody', () => {
    const limiter = createLimiter({ limits: [{ name: 'all', by: everyone, rule }] })
    expect([limiter.consume().limits[0]!.remaining, limiter.consume().limits[0]!.remaining]).toEqual([9, 8])
  })

  test('refuses what is above the limit until its time has come', () => {
    const { limiter, clock } = limiterOf()
    for (let i = 0; i < 10; i++) limiter.consume('ann')
    const refused = limiter.consume('ann')
    expect(refused).toMatchObject({ allowed: false, outcome: 'limited', retryAfterMs: 100, refusedBy: ['user'] })
    clock.advance(99)
    expect(limiter.consume('ann').allowed).toBe(false)
    clock.advance(1)
    expect(limiter.consume('ann').allowed).toBe(true)
    expect(limiter.consume('bob').allowed).toBe(true)
  })

  test('calls impossible what can never pass', () => {
    const { limiter } = limiterOf()
    expect(limiter.consume('ann', { cost: 11 })).toMatchObject({ outcome: 'impossible', retryAfterMs: null, refusedBy: ['user'] })
    expect(limiter.consume('ann', { cost: 10 }).allowed).toBe(true)
  })

  test('charges no limit where one limit refuses', () => {
    const { limiter } = limiterOf(user, { name: 'all', by: everyone, rule: tokenBucket({ capacity: 2, per: '1m' }) })
    limiter.consume('ann', { cost: { all: 2, user: 3 } })
    expect(limiter.consume('ann')).toMatchObject({ retryAfterMs: 30_000, refusedBy: ['all'] })
    expect(limiter.inspect('user', 'ann')!.remaining).toBe(7)
  })

  test('peeks without a charge, and gives refunds', () => {
    const { limiter } = limiterOf()
    limiter.consume('ann', { cost: 6 })
    expect(limiter.peek('ann', { cost: 5 })).toMatchObject({ allowed: false, retryAfterMs: 100 })
    limiter.refund('ann', { cost: 2 })
    expect(limiter.peek('ann', { cost: 6 })).toMatchObject({ allowed: true })
    expect(limiter.inspect('user', 'ann')!.remaining).toBe(6)
  })

  test('allows what no limit applies to', () => {
    const { limiter } = limiterOf({ ...user, by: () => skip })
    expect(limiter.consume('ann')).toMatchObject({ allowed: true, limits: [], decidedBy: 'none' })
    expect(limiter.reserve('ann').decision.allowed).toBe(true)
    expect(() => limiter.reserve('ann').cancel()).not.toThrow()
  })

  test('hands out snapshots', () => {
    const { limiter } = limiterOf({ ...user, rule: tokenBucket({ capacity: 3, per: '1m' }) })
    const decisions = Array.from({ length: 8 }, () => limiter.consume('ann'))
    expect(decisions.map(({ allowed, limits }) => [allowed, limits[0]!.remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      ...Array.from({ length: 5 }, () => [false, 0]),
    ])
  })
})

describe('a limiter whose functions or store answer later', () => {
  const planned: Limit<string> = { ...user, rule: async () => tokenBucket({ capacity: 3, per: '1m' }) }

  test('decides the calls one by one, and each answer stays as it is', async () => {
    const limiter = createLimiter<string>({ limits: [planned] })
    const decisions = await Promise.all(Array.from({ length: 8 }, async () => limiter.consume('ann')))
    expect(decisions.map(({ allowed, limits }) => [allowed, limits[0]!.remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      ...Array.from({ length: 5 }, () => [false, 0]),
    ])
  })

  test('may still answer at once, and its type says so', () => {
    const limiter = createLimiter<string>({ limits: [user], store: surviveOutages(lateStore(), { processes: 1 }) })
    expectTypeOf(limiter.consume('ann')).toEqualTypeOf<MaybePromise<Decision>>()
    const sometimes = createLimiter<string>({
      limits: [{ ...planned, rule: (id: string) => (id === 'ann' ? rule : Promise.resolve(rule)) }],
    })
    expect(sometimes.consume('ann')).toMatchObject({ allowed: true })
    expect(sometimes.consume('bob')).toBeInstanceOf(Promise)
  })

  test('does everything that a synchronous one does', async () => {
    const limiter = createLimiter<string>({ limits: [user], store: surviveOutages(lateStore(), { processes: 1 }) })
    const reservation = await limiter.reserve('ann', { cost: 6 })
    await reservation.settle(4)
    await limiter.refund('ann', { cost: 1 })
    expect(await limiter.inspect('user', 'ann')).toMatchObject({ remaining: 7 })
    await limiter.block('user', 'ann', '1s')
    expect(await limiter.peek('ann')).toMatchObject({ allowed: false, retryAfterMs: 1000 })
    await limiter.reset('user', 'ann')
    expect(await limiter.inspect('user', 'ann')).toBe(null)
    await limiter.consume('bob', { cost: 10 })
    expect(limiter.resetAll('user')).toBeInstanceOf(Promise)
    expect(await limiter.inspect('user', 'bob')).toBe(null)
    expect(await limiter.consume('ann')).toMatchObject({ allowed: true })
    await limiter.close()
  })
})

describe('an operator', () => {
  test('names limits and keys, not subjects', () => {
    const { limiter } = limiterOf({ ...user, by: (id) => ['tenant', id] })
    limiter.consume('ann', { cost: 4 })
    expect(limiter.inspect('user', ['tenant', 'ann'])).toMatchObject({ remaining: 6 })
    expect(limiter.inspect('user', 'ann')).toBe(null)
    limiter.block('user', ['tenant', 'ann'], '2s')
    expect(limiter.consume('ann')).toMatchObject({ allowed: false, retryAfterMs: 2000 })
    limiter.block('user', ['tenant', 'ann'], 0)
    expect(limiter.consume('ann').allowed).toBe(true)
    limiter.reset('user', ['tenant', 'ann'])
    expect(limiter.inspect('user', ['tenant', 'ann'])).toBe(null)
  })

  test('blocks a key for ever, which is listed without an end and lifted by 0', () => {
    const { limiter } = limiterOf()
    limiter.block('user', 'ann', 'forever')
    const decision = limiter.consume('ann')
    expect(decision).toMatchObject({ outcome: 'impossible', retryAfterMs: null, limits: [{ blockedForMs: null }] })
    expect(limiter.bans('user')).toEqual([{ key: 'ann', blockedForMs: null }])
    expect(JSON.parse(JSON.stringify(decision))).toEqual(decision)
    limiter.block('user', 'ann', 0)
    expect([limiter.consume('ann').allowed, limiter.bans('user')]).toEqual([true, []])
  })

  test('sees a block even where the rule depends on the subject', () => {
    const { limiter } = limiterOf({ ...user, rule: () => rule })
    limiter.block('user', 'ann', '2s')
    expect(limiter.inspect('user', 'ann')).toMatchObject({ allowed: false, retryAfterMs: 2000 })
  })

  test.each([
    ['an unknown limit', (limiter: SyncLimiter<string>) => limiter.inspect('usr', 'ann'), 'SLUICE_LIMIT_UNKNOWN'],
    ['an unknown limit to reset', (limiter: SyncLimiter<string>) => limiter.reset('usr', 'ann'), 'SLUICE_LIMIT_UNKNOWN'],
    ['no key', (limiter: SyncLimiter<string>) => limiter.reset('user', undefined as never), 'SLUICE_KEY'],
    ['a key that does not apply', (limiter: SyncLimiter<string>) => limiter.inspect('user', null as never), 'SLUICE_KEY'],
    ['no duration', (limiter: SyncLimiter<string>) => limiter.block('user', 'ann', 'for ever' as never), 'SLUICE_DURATION'],
    ['a negative duration', (limiter: SyncLimiter<string>) => limiter.block('user', 'ann', -1), 'SLUICE_DURATION'],
  ])('is told of %s', (_, act, code) => {
    expect(() => act(limiterOf().limiter)).toThrow(expect.objectContaining({ code }))
  })
})

describe('a wrong call', () => {
  test.each([
    ['half a unit', { cost: 0.5 }, 'SLUICE_COST'],
    ['a negative cost', { cost: -1 }, 'SLUICE_COST'],
    ['a cost for an unknown limit', { cost: { usr: 1 } }, 'SLUICE_LIMIT_UNKNOWN'],
    ['a bare number, as other limiters take it', 5, 'SLUICE_OPTION_TYPE'],
    ['null', null, 'SLUICE_OPTION_TYPE'],
    ['one reservation in place of a list', { extend: createLimiter<string>({ limits: [user] }).reserve('ann') }, 'SLUICE_OPTION_TYPE'],
  ])('with %s throws, whatever onFault says, and charges no limit', (_, options, code) => {
    const limiter = createLimiter<string>({ limits: [user], onFault: 'allow' })
    expect(() => limiter.consume('ann', options as never)).toThrow(expect.objectContaining({ code }))
    expect(limiter.inspect('user', 'ann')).toBe(null)
  })
})

describe('wrong options', () => {
  test.each([
    ['no limits', {}, 'SLUICE_OPTION_TYPE'],
    ['an empty list', { limits: [] }, 'SLUICE_LIMITS_EMPTY'],
    ['an unknown option', { limits: [user], prefix: 'x' }, 'SLUICE_OPTION_UNKNOWN'],
    ['an unknown way with faults', { limits: [user], onFault: 'ignore' }, 'SLUICE_CHOICE'],
    ['a number for a version', { limits: [user], version: 3 }, 'SLUICE_VERSION'],
    ['a Map for a store', { limits: [user], store: new Map() }, 'SLUICE_OPTION_TYPE'],
    ['null for a store', { limits: [user], store: null }, 'SLUICE_OPTION_TYPE'],
  ])('such as %s throw before anything is decided', (_, options, code) => {
    expect(() => createLimiter(options as never)).toThrow(expect.objectContaining({ code }))
  })
})
