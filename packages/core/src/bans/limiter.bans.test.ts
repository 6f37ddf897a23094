import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BanOptions } from '../ban-kind.ts'
import type { Limit } from '../limit.ts'
import { createLimiter } from '../limiter/limiter.ts'
import type { SyncLimiter } from '../limiter/limiter-contract.ts'
import type { LimiterEvent } from '../limiter-event.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { type ManualClock, manualClock } from '../testing/manual-clock.ts'
import { ban } from './ban.ts'

const options: BanOptions = { after: 3, within: '10s', for: '1m', factor: 2, atMost: '1h' }
const login: Limit<string, 'sync'> = { name: 'login', by: (id) => id, rule: tokenBucket({ capacity: 2, per: '1m' }), ban: ban(options) }

interface Scene {
  readonly limiter: SyncLimiter<string>
  readonly clock: ManualClock
  readonly bans: LimiterEvent[]
  /** So many calls of ann, one after the other: whether each was allowed, and for how long she was blocked then. */
  knock(times: number): unknown[]
}

function scene(...limits: Limit<string, 'sync'>[]): Scene {
  const clock = manualClock()
  const limiter = createLimiter<string>({ limits, store: memoryStore({ clock }) })
  const bans: LimiterEvent[] = []
  limiter.observe((event) => event.type === 'ban' && bans.push(event))
  const knock = (times: number): unknown[] =>
    Array.from({ length: times }, () => {
      const { allowed, limits } = limiter.consume('ann')
      return limits[0]!.blockedForMs ?? allowed
    })
  return { limiter, clock, bans, knock }
}

describe('a limit that bans', () => {
  test('bans a key with the refusal that is one too many, which says so', () => {
    const { limiter, clock, knock } = scene(login)
    expect(knock(6)).toEqual([true, true, false, false, 60_000, 60_000])
    clock.advance('59s')
    expect(limiter.peek('ann')).toMatchObject({ outcome: 'limited', retryAfterMs: 1000, limits: [{ remaining: 0, blockedForMs: 1000 }] })
    clock.advance('1s')
    expect(knock(1)).toEqual([true])
  })

  test('is not moved by knocking: no refusal prolongs a ban, or counts towards the next', () => {
    const { clock, knock } = scene(login)
    knock(5)
    clock.advance('30s')
    expect(knock(50)).toEqual(Array.from({ length: 50 }, () => 30_000))
    clock.advance('30s')
    expect(knock(5)).toEqual([true, true, false, false, 120_000])
  })

  test('tells who watches of each ban, once', () => {
    const { limiter, clock, bans } = scene({ ...login, by: (id) => ['eu', id, 7] })
    for (let i = 0; i < 9; i++) limiter.consume('ann')
    clock.advance('1m')
    for (let i = 0; i < 9; i++) limiter.consume('ann')
    expect(bans).toEqual([
      { type: 'ban', limit: 'login', key: ['eu', 'ann', 7], level: 1, durationMs: 60_000 },
      { type: 'ban', limit: 'login', key: ['eu', 'ann', 7], level: 2, durationMs: 120_000 },
    ])
  })

  test('leaves the bucket as a refusal without bans does', () => {
    const [banned, unbanned] = [scene(login), scene({ ...login, ban: undefined })]
    for (const { limiter } of [banned, unbanned]) for (let i = 0; i < 9; i++) limiter.consume('ann')
    for (const { clock } of [banned, unbanned]) clock.advance('1m')
    expect(banned.limiter.peek('ann')).toEqual(unbanned.limiter.peek('ann'))
  })

  test('counts the refusals of reservations, and of calls that can take less', () => {
    const { limiter, knock } = scene(login)
    limiter.consume('ann', { cost: 2 })
    limiter.reserve('ann')
    limiter.consumeUpTo('ann', { atMost: 5 })
    expect(knock(1)).toEqual([60_000])
  })

  test.each<[string, (limiter: SyncLimiter<string>) => unknown]>([
    ['a peek', (limiter) => limiter.peek('ann')],
    ['a cost that could never be paid', (limiter) => limiter.consume('ann', { cost: 3 })],
    ['a cost of nothing', (limiter) => limiter.consume('ann', { cost: 0 })],
  ])('does not count %s', (_, call) => {
    const { limiter, bans } = scene(login)
    limiter.consume('ann', { cost: 2 })
    for (let i = 0; i < 9; i++) call(limiter)
    expect(bans).toEqual([])
  })

  test('strikes only by a limit that refused, and none while that is a shadow', () => {
    const app: Limit<string, 'sync'> = { ...login, name: 'app', rule: tokenBucket({ capacity: 1, per: '1m' }) }
    const { bans, knock } = scene(login, app)
    knock(9)
    expect(bans).toMatchObject([{ limit: 'app' }])
    const shadow = scene({ ...login, shadow: true }, { ...app, ban: undefined })
    shadow.knock(9)
    expect(shadow.bans).toEqual([])
  })

  test('counts no refusal that a function that failed brought', () => {
    const clock = manualClock()
    const fails = { name: 'fails', by: () => 'all', rule: () => Promise.reject(new Error('no plan')) }
    const limiter = createLimiter<string>({ limits: [login, fails], store: memoryStore({ clock }), onFault: 'deny' })
    const bans: LimiterEvent[] = []
    limiter.observe((event) => event.type === 'ban' && bans.push(event))
    return Promise.all(Array.from({ length: 9 }, () => limiter.consume('ann'))).then((answers) => {
      expect(answers.every(({ outcome }) => outcome === 'unavailable')).toBe(true)
      expect(bans).toEqual([])
    })
  })

  test('bans for so many refusals within any period, and for no fewer', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 6000 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 4 }), (waits, after) => {
        const empty = {
          ...login,
          rule: tokenBucket({ capacity: 1, per: '366d' }),
          ban: ban({ after, within: '10s', for: '2s', factor: 1 }),
        }
        const { clock, limiter, bans } = scene(empty)
        limiter.consume('ann')
        let now = 0
        let over = 0
        let refusals: number[] = []
        for (const ms of waits) {
          now += ms
          clock.advance(`${ms}ms`)
          const before = bans.length
          limiter.consume('ann')
          if (now >= over) refusals = [...refusals, now].filter((at) => at > now - 10_000)
          const due = refusals.length === after
          expect(bans.length - before).toBe(due ? 1 : 0)
          if (due) [over, refusals] = [now + 2000, []]
        }
      }),
    )
  })
})

describe('operators', () => {
  test('see who is banned and until when, by the key that the limit counts by', () => {
    const { limiter, clock } = scene({ ...login, by: (id) => ['eu', id] })
    for (const id of ['ann', 'bob']) for (let i = 0; i < 5; i++) limiter.consume(id)
    limiter.block('login', 'x'.repeat(300), '2m')
    clock.advance('20s')
    expect(limiter.bans('login')).toEqual([
      { key: { hashed: expect.any(String) }, blockedForMs: 100_000 },
      { key: ['eu', 'ann'], blockedForMs: 40_000 },
      { key: ['eu', 'bob'], blockedForMs: 40_000 },
    ])
    expect(() => limiter.bans('nobody')).toThrow(expect.objectContaining({ code: 'SLUICE_LIMIT_UNKNOWN' }))
  })

  test('lift what they see, and the key begins anew', () => {
    const { limiter, knock, bans } = scene(login)
    const long = 'x'.repeat(300)
    for (let i = 0; i < 5; i++) limiter.consume(long)
    knock(5)
    for (const { key } of limiter.bans('login')) limiter.block('login', key, 0)
    expect(limiter.bans('login')).toEqual([])
    expect(limiter.peek(long).limits[0]!.blockedForMs).toBeUndefined()
    expect(knock(3)).toEqual([false, false, 60_000])
    expect(bans).toMatchObject([{ level: 1 }, { level: 1 }, { level: 1 }])
  })

  test('see a thousand at most, those who stay the longest', () => {
    const { limiter } = scene(login)
    for (let i = 1; i <= 1200; i++) limiter.block('login', i, `${i}s`)
    const listed = limiter.bans('login')
    expect([listed.length, listed[0], listed[999]]).toEqual([
      1000,
      { key: 1200, blockedForMs: 1_200_000 },
      { key: 201, blockedForMs: 201_000 },
    ])
  })
})

test('a full store bans no key for what strangers did', () => {
  const clock = manualClock()
  const limiter = createLimiter<string>({ limits: [login], store: memoryStore({ clock, maxBuckets: 4 }) })
  const bans: LimiterEvent[] = []
  limiter.observe((event) => event.type === 'ban' && bans.push(event))
  for (let i = 0; i < 200; i++) limiter.consume(`stranger ${i}`)
  expect(bans).toEqual([])
  expect(limiter.bans('login')).toEqual([])
})

test('there are never more bans than buckets', () => {
  const clock = manualClock()
  const brief = { ...login, rule: tokenBucket({ capacity: 2, per: '1s' }), ban: ban({ ...options, for: '1h' }) }
  const limiter = createLimiter<string>({ limits: [brief], store: memoryStore({ clock, maxBuckets: 8 }) })
  for (let i = 0; i < 50; i++) {
    for (let times = 0; times < 5; times++) limiter.consume(`stranger ${i}`)
    clock.advance('20s')
    expect(limiter.bans('login').length).toBeLessThanOrEqual(8)
  }
  expect(limiter.bans('login').length).toBeGreaterThan(4)
  clock.advance('3h')
  for (let times = 0; times < 5; times++) limiter.consume('ann')
  expect(limiter.bans('login')).toMatchObject([{ key: 'ann' }])
})

test('one name with two kinds of bans on one store is refused at the start', () => {
  const store = memoryStore({ clock: manualClock() })
  createLimiter<string>({ limits: [login], store })
  createLimiter<string>({ limits: [{ ...login, ban: ban({ ...options }) }], store })
  for (const other of [undefined, ban({ ...options, after: 4 }), ban({ after: 3, within: '10s', for: '1m' })]) {
    const define = (): unknown => createLimiter<string>({ limits: [{ ...login, ban: other }], store })
    expect(define).toThrow(expect.objectContaining({ code: 'SLUICE_LIMIT_CONFLICT' }))
  }
})
