import { describe, expect, test } from 'vitest'
import { everyone } from '../../key.ts'
import { createLimiter } from '../../limiter/limiter.ts'
import type { SyncLimiter } from '../../limiter/limiter-contract.ts'
import { memoryStore } from '../../memory/memory-store.ts'
import { manualClock } from '../../testing/manual-clock.ts'
import { shareOf } from '../share/share.ts'
import { tokenBucket } from '../token-bucket/token-bucket.ts'
import { concurrency } from './concurrency.ts'

const clock = manualClock()
const free = (limiter: SyncLimiter<string>, user = 'a'): number => limiter.peek(user).limits[0]!.remaining

describe('slots beside other limits', () => {
  const both = (): SyncLimiter<string> =>
    createLimiter<string>({
      store: memoryStore({ clock }),
      limits: [
        { name: 'rate', by: (user) => user, rule: tokenBucket({ capacity: 3, per: '1h' }) },
        { name: 'slots', by: (user) => user, rule: concurrency({ capacity: 2 }) },
      ],
    })
  const left = (limiter: SyncLimiter<string>): number[] => limiter.peek('a').limits.map(({ remaining }) => remaining)

  test('a refusal by one takes nothing of the other', () => {
    const limiter = both()
    const held = [limiter.reserve('a'), limiter.reserve('a')]
    expect(limiter.reserve('a').decision.refusedBy).toEqual(['slots'])
    expect(left(limiter)).toEqual([1, 0])
    for (const one of held) one.settle(1)
    limiter.reserve('a').settle(1)
    expect(limiter.reserve('a').decision.refusedBy).toEqual(['rate'])
    expect(left(limiter)).toEqual([0, 2])
  })

  test('a settlement corrects the units and frees the slot', () => {
    const limiter = both()
    const held = limiter.reserve('a', { cost: 3 })
    expect(left(limiter)).toEqual([0, 1])
    held.settle({ rate: 1 })
    expect(left(limiter)).toEqual([2, 2])
  })

  test('a later stage of the same request takes no second slot, and frees the first when it is refused', () => {
    const store = memoryStore({ clock })
    const slots = createLimiter<string>({ store, limits: [{ name: 'slots', by: (user) => user, rule: concurrency({ capacity: 1 }) }] })
    const late = createLimiter<string>({
      store,
      limits: [
        { name: 'slots', by: (user) => user, rule: concurrency({ capacity: 1 }) },
        { name: 'rate', by: (user) => user, rule: tokenBucket({ capacity: 1, per: '1h' }) },
      ],
    })
    const first = slots.reserve('a')
    const second = late.reserve('a', { extend: [first] })
    expect(second.decision.allowed).toBe(true)
    second.settle(1)
    expect(free(slots)).toBe(0)
    expect(late.reserve('a', { extend: [first] }).decision).toMatchObject({ allowed: false, refusedBy: ['rate'] })
    expect(free(slots)).toBe(1)
    expect(first.renew()).toBe(false)
  })

  test('a shadow of slots never refuses, and holds one when there is one', () => {
    const limiter = createLimiter<string>({
      store: memoryStore({ clock }),
      limits: [{ name: 'slots', by: (user) => user, rule: concurrency({ capacity: 1 }), shadow: true }],
    })
    const [first, second] = [limiter.reserve('a'), limiter.reserve('a')]
    expect([first, second].map(({ decision }) => [decision.allowed, decision.limits[0]!.allowed])).toEqual([
      [true, true],
      [true, false],
    ])
    second.cancel()
    expect(free(limiter)).toBe(0)
    first.cancel()
    expect(free(limiter)).toBe(1)
  })

  test('a share of slots is rounded down', () => {
    const limiter = createLimiter<string>({
      store: memoryStore({ clock }),
      limits: [
        { name: 'all', by: everyone, rule: concurrency({ capacity: 5 }) },
        { name: 'user', by: (user) => user, rule: shareOf('all', 0.5) },
      ],
    })
    for (let i = 0; i < 2; i++) expect(limiter.reserve('a').decision.allowed).toBe(true)
    expect(limiter.reserve('a').decision.refusedBy).toEqual(['user'])
    expect(limiter.reserve('b').decision.limits.map(({ remaining }) => remaining)).toEqual([2, 1])
  })

  test('a reservation without slots needs no prolonging', () => {
    const limiter = createLimiter({ limits: [{ name: 'x', by: everyone, rule: tokenBucket({ capacity: 1, per: '1s' }) }] })
    expect(limiter.reserve().renew()).toBe(true)
  })
})
