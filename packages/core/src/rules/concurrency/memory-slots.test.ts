import { describe, expect, test } from 'vitest'
import { createLimiter } from '../../limiter/limiter.ts'
import type { SyncLimiter } from '../../limiter/limiter-contract.ts'
import { memoryStore } from '../../memory/memory-store.ts'
import { manualClock } from '../../testing/manual-clock.ts'
import { concurrency } from './concurrency.ts'

const clock = manualClock()

function uploads(capacity = 2, lease: '10s' | '30s' = '30s'): SyncLimiter<string> {
  return createLimiter<string>({
    store: memoryStore({ clock }),
    limits: [{ name: 'uploads', by: (user) => user, rule: concurrency({ capacity, lease }) }],
  })
}

const free = (limiter: SyncLimiter<string>, user = 'a'): number => limiter.peek(user).limits[0]!.remaining

describe('a limit of two at once', () => {
  test('admits two, refuses the third, and admits again when one is settled or cancelled', () => {
    const limiter = uploads()
    const [first, second, third] = [limiter.reserve('a'), limiter.reserve('a'), limiter.reserve('a')]
    expect([first, second, third].map(({ decision }) => decision.allowed)).toEqual([true, true, false])
    expect(third.decision).toMatchObject({ outcome: 'limited', refusedBy: ['uploads'] })
    first.settle(1)
    expect(free(limiter)).toBe(1)
    second.cancel()
    expect(free(limiter)).toBe(2)
  })

  test('takes one slot whatever the call costs', () => {
    const limiter = uploads()
    const { decision } = limiter.reserve('a', { cost: 500 })
    expect(decision.limits[0]).toMatchObject({ allowed: true, cost: 1, remaining: 1 })
    expect(limiter.reserve('a', { cost: 0 }).decision.limits[0]).toMatchObject({ cost: 1, remaining: 0 })
  })

  test('gives the slot back whatever was used in the end', () => {
    const limiter = uploads()
    limiter.reserve('a').settle(700)
    limiter.reserve('a').settle(0)
    expect(free(limiter)).toBe(2)
  })

  test('counts every key by itself', () => {
    const limiter = uploads(1)
    limiter.reserve('a')
    expect([limiter.reserve('a').decision.allowed, limiter.reserve('b').decision.allowed]).toEqual([false, true])
  })

  test('is refused to consume(), which could not give the slot back', () => {
    expect(() => uploads().consume('a')).toThrow(expect.objectContaining({ code: 'SLUICE_RESERVE_NEEDED' }))
  })

  test('is not changed by looking at it', () => {
    const limiter = uploads(1)
    for (let i = 0; i < 3; i++) expect(limiter.peek('a')).toMatchObject({ allowed: true })
    expect(limiter.inspect('uploads', 'a')).toBeNull()
    limiter.refund('a')
    expect(limiter.reserve('a').decision.allowed).toBe(true)
    limiter.refund('a')
    expect(limiter.inspect('uploads', 'a')).toMatchObject({ remaining: 0, allowed: false })
  })

  test('guesses when to come back, and says that it is a guess', () => {
    const limiter = uploads(1)
    limiter.reserve('a')
    expect(limiter.peek('a').limits[0]).toMatchObject({
      estimated: true,
      retryAfterMs: 1000,
      replenishAfterMs: 1000,
      resetAfterMs: 30_000,
      near: true,
    })
    clock.advance('29500ms')
    expect(limiter.peek('a').limits[0]).toMatchObject({ retryAfterMs: 500, resetAfterMs: 500 })
    clock.advance('500ms')
    expect(limiter.peek('a').limits[0]).toMatchObject({ retryAfterMs: 0, replenishAfterMs: 0, resetAfterMs: 0, near: false })
  })
})

describe('a lease', () => {
  test('frees the slot of who never came back', () => {
    const limiter = uploads(1, '10s')
    limiter.reserve('a')
    clock.advance('9999ms')
    expect(free(limiter)).toBe(0)
    clock.advance('1ms')
    expect(free(limiter)).toBe(1)
  })

  test('is prolonged from now on', () => {
    const limiter = uploads(1, '10s')
    const upload = limiter.reserve('a')
    for (let i = 0; i < 5; i++) {
      clock.advance('9s')
      expect(upload.renew()).toBe(true)
    }
    clock.advance('9999ms')
    expect(free(limiter)).toBe(0)
    clock.advance('1ms')
    expect(free(limiter)).toBe(1)
  })

  test('cannot be prolonged once it has expired, was settled, or never was', () => {
    const limiter = uploads(1, '10s')
    const [held, refused] = [limiter.reserve('a'), limiter.reserve('a')]
    clock.advance('10s')
    expect([held.renew(), refused.renew()]).toEqual([false, false])
    const another = limiter.reserve('a')
    another.cancel()
    expect(another.renew()).toBe(false)
  })

  test('that has expired gives no other holder’s slot back', () => {
    const limiter = uploads(1, '10s')
    const late = limiter.reserve('a')
    clock.advance('10s')
    limiter.reserve('a')
    late.settle(1)
    expect(free(limiter)).toBe(0)
  })

  test('is no longer than it was when the clock steps back', () => {
    const limiter = uploads(1, '10s')
    limiter.reserve('a')
    clock.advance(-3_600_000)
    expect(free(limiter)).toBe(0)
    clock.advance('10s')
    expect(free(limiter)).toBe(1)
  })
})

describe('an operator', () => {
  test('frees all slots of a key', () => {
    const limiter = uploads(2)
    const held = limiter.reserve('a')
    limiter.reserve('b')
    limiter.reset('uploads', 'a')
    expect([free(limiter, 'a'), free(limiter, 'b'), held.renew()]).toEqual([2, 1, false])
  })

  test('blocks a key whose slots are free', () => {
    const limiter = uploads(2)
    limiter.block('uploads', 'a', '1m')
    expect(limiter.reserve('a').decision).toMatchObject({ allowed: false, retryAfterMs: 60_000 })
    expect(limiter.inspect('uploads', 'a')).toMatchObject({ allowed: false, remaining: 0 })
    limiter.block('uploads', 'a', 0)
    expect(limiter.reserve('a').decision.allowed).toBe(true)
  })

  test('sees the slots of a limit whose rule depends on the subject', () => {
    const limiter = createLimiter<string>({
      store: memoryStore({ clock }),
      limits: [{ name: 'slots', by: (user) => user, rule: (user) => concurrency({ capacity: user.length }) }],
    })
    limiter.reserve('abc')
    expect(limiter.inspect('slots', 'abc')).toMatchObject({ capacity: 3, remaining: 2 })
    expect(limiter.inspect('slots', 'ab')).toBeNull()
  })

  test('lowers the capacity without freeing or adding anybody', () => {
    const limiter = uploads(3)
    const held = [limiter.reserve('a'), limiter.reserve('a'), limiter.reserve('a')]
    void limiter.update([{ name: 'uploads', by: (user) => user, rule: concurrency({ capacity: 2 }) }])
    expect(free(limiter)).toBe(0)
    held[0]!.cancel()
    expect(limiter.reserve('a').decision.allowed).toBe(false)
    held[1]!.cancel()
    expect(limiter.reserve('a').decision.allowed).toBe(true)
  })

  test('who runs an older policy decides by the stored one', () => {
    const store = memoryStore({ clock })
    const limits = (capacity: number): Parameters<typeof createLimiter<string>>[0]['limits'] => [
      { name: 'slots', by: (user) => user, rule: () => concurrency({ capacity }) },
    ]
    const [older, newer] = [
      createLimiter<string>({ store, version: '1', limits: limits(5) }),
      createLimiter<string>({ store, version: '2', limits: limits(5) }),
    ]
    void newer.update(limits(1))
    void newer.reserve('a')
    expect(older.peek('a')).toMatchObject({ allowed: false, limits: [{ capacity: 1 }] })
  })
})

describe('a store with room for two keys', () => {
  const crowded = (): SyncLimiter<string> =>
    createLimiter<string>({
      store: memoryStore({ clock, maxBuckets: 2 }),
      limits: [{ name: 'slots', by: (user) => user, rule: concurrency({ capacity: 2, lease: '10s' }) }],
    })

  test('lets strangers share the slots of one', () => {
    const limiter = crowded()
    for (const user of ['a', 'b', 'c']) expect(limiter.reserve(user).decision.allowed).toBe(true)
    const shared = limiter.reserve('d')
    expect(shared.decision.allowed).toBe(true)
    expect(limiter.reserve('e').decision.allowed).toBe(false)
    expect(limiter.reserve('a').decision.allowed).toBe(true)
    shared.cancel()
    expect(limiter.reserve('e').decision.allowed).toBe(true)
  })

  test('forgets keys whose holders never came back', () => {
    const limiter = crowded()
    for (const user of ['a', 'b', 'c']) limiter.reserve(user)
    clock.advance('10s')
    for (const user of ['x', 'x', 'y', 'y']) expect(limiter.reserve(user).decision.allowed).toBe(true)
    expect(limiter.reserve('x').decision.allowed).toBe(false)
  })
})
