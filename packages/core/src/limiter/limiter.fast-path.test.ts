import { describe, expect, test, vi } from 'vitest'
import type { Decision } from '../decision.ts'
import { everyone } from '../key.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { createLimiter } from './limiter.ts'

const rule = tokenBucket({ capacity: 3, per: '3s' })

/** How often the store is asked for a decision while so many calls are made. */
function countDecides(calls: () => unknown, store: ReturnType<typeof memoryStore>): number {
  const spied = vi.spyOn(store, 'decide')
  calls()
  return spied.mock.calls.length
}

describe('a limiter of greedy token buckets in memory', () => {
  test('takes the fast path for new buckets and for others', () => {
    const store = memoryStore()
    const limiter = createLimiter<string>({ store, limits: [{ name: 'x', by: (key) => key, rule }] })
    expect(countDecides(() => ['a', 'a', 'b', 'a', 'a', 'b'].map((key) => limiter.consume(key)), store)).toBe(0)
  })

  test('takes it with several limits too, and with lists for keys', () => {
    const store = memoryStore()
    const limiter = createLimiter<string>({
      store,
      limits: [
        { name: 'all', by: everyone, rule },
        { name: 'own', by: (key) => ['route', key], rule },
      ],
    })
    expect(countDecides(() => [1, 2, 3].map(() => limiter.consume('a')), store)).toBe(0)
  })

  test.each([
    ['without options', undefined],
    ['with options that are all defaults', { cost: 1, extend: [] }],
  ])('reserves in the same way, %s', (_, o) => {
    const store = memoryStore()
    const limiter = createLimiter<string>({ store, limits: ['x', 'y'].map((name) => ({ name, by: (key) => key, rule })) })
    expect(countDecides(() => [1, 2, 3, 4].map(() => limiter.reserve('a', o)), store)).toBe(0)
    expect(countDecides(() => limiter.reserve('a', { cost: 2 }), store)).toBe(1)
  })

  test('gives back what was reserved', () => {
    const store = memoryStore({ clock: manualClock() })
    const limiter = createLimiter<string>({ store, limits: [{ name: 'x', by: (key) => key, rule }] })
    limiter.consume('a')
    const reservation = limiter.reserve('a')
    expect(limiter.inspect('x', 'a')).toMatchObject({ remaining: 1 })
    reservation.cancel()
    reservation.cancel()
    expect(limiter.inspect('x', 'a')).toMatchObject({ remaining: 2 })
  })

  test('leaves an outer bucket to the microsecond as it was when an inner one refuses', () => {
    const clock = manualClock()
    const limiter = createLimiter<string>({
      store: memoryStore({ clock }),
      limits: [
        { name: 'outer', by: everyone, rule },
        { name: 'inner', by: (key) => key, rule: tokenBucket({ capacity: 1, per: '1h' }) },
      ],
    })
    limiter.consume('a')
    clock.advance('600ms')
    expect(limiter.consume('a')).toMatchObject({ refusedBy: ['inner'], limits: [{ remaining: 2, resetAfterMs: 400 }, {}] })
    clock.advance('399ms')
    expect(limiter.inspect('outer', [])).toMatchObject({ remaining: 2, resetAfterMs: 1 })
    clock.advance('1ms')
    expect(limiter.inspect('outer', [])).toBeNull()
  })

  test('asks the store for reservations that are charged later', () => {
    const store = memoryStore()
    const limiter = createLimiter<string>({ store, limits: [{ name: 'x', by: (key) => key, rule, debit: 'after' }] })
    limiter.consume('a')
    expect(countDecides(() => [1, 2].map(() => limiter.reserve('a')), store)).toBe(2)
  })

  test('asks each limit for its key once, also where the general path must decide', () => {
    const by = vi.fn((key: string) => key)
    const limiter = createLimiter<string>({ limits: [{ name: 'x', by, rule }] })
    limiter.consume('ann')
    expect(by).toHaveBeenCalledTimes(1)
    limiter.block('x', 'ann', '1m')
    limiter.consume('ann')
    expect(by).toHaveBeenCalledTimes(2)
  })

  test('waits for keys that come later', async () => {
    const limiter = createLimiter<string>({
      limits: [
        { name: 'now', by: (key) => key, rule },
        { name: 'later', by: async (key) => key, rule },
      ],
    })
    await limiter.consume('a')
    expect((await limiter.consume('a')).limits).toMatchObject([{ remaining: 1 }, { remaining: 1 }])
  })

  test('decides by the limits that it began with when a function of one of them changes them', () => {
    let changing = false
    const by = (key: string): string => {
      if (changing) void limiter.update([{ name: 'y', by: everyone, rule }])
      return key
    }
    const limiter = createLimiter<string>({ limits: [{ name: 'x', by, rule }] })
    limiter.consume('a')
    changing = true
    expect(limiter.consume('a').limits).toMatchObject([{ name: 'x', remaining: 1 }])
    expect(limiter.consume('a').limits).toMatchObject([{ name: 'y', remaining: 2 }])
  })

  test('keeps apart the calls that a function of a limit makes of the same limiter', () => {
    let nested = false
    const limiter = createLimiter<string>({
      limits: [
        { name: 'first', by: (key) => key, rule },
        {
          name: 'second',
          by: (key) => {
            if (nested) {
              nested = false
              void limiter.consume('b')
            }
            return key
          },
          rule,
        },
      ],
    })
    for (const key of ['a', 'b']) limiter.consume(key)
    nested = true
    expect(limiter.consume('a').limits.map(({ remaining }) => remaining)).toEqual([1, 1])
    expect(limiter.peek('b').limits.map(({ remaining }) => remaining)).toEqual([1, 1])
  })

  test('says what it decided to those who begin to watch, and is closed when it is closed', () => {
    const clock = manualClock()
    const store = memoryStore({ clock })
    const limiter = createLimiter<string>({ store, limits: [{ name: 'x', by: (key) => key, rule }] })
    limiter.consume('a')
    const seen = vi.fn()
    limiter.observe(seen)
    const watched = (): Decision[] => [limiter.consume('a'), limiter.reserve('a').decision, limiter.reserve('a').decision]
    let decisions: Decision[] = []
    expect(countDecides(() => (decisions = watched()), store)).toBe(0)
    expect(decisions.map(({ allowed }) => allowed)).toEqual([true, true, false])
    expect(seen.mock.calls).toMatchObject(decisions.map((decision) => [{ type: 'decision', decision }]))
    void limiter.close()
    for (const verb of ['consume', 'reserve'] as const) {
      expect(() => limiter[verb]('a')).toThrow(expect.objectContaining({ code: 'SLUICE_CLOSED' }))
    }
  })
})
