import { describe, expect, test, vi } from 'vitest'
import { everyone } from './key.ts'
import { createLimiter } from './limiter.ts'
import { memoryStore } from './memory-store.ts'
import { manualClock } from './testing/manual-clock.ts'
import { tokenBucket } from './token-bucket-rule.ts'

const rule = tokenBucket({ capacity: 3, per: '3s' })

/** How often the store is asked for a decision while so many calls are made. */
function countDecides(calls: () => unknown, store: ReturnType<typeof memoryStore>): number {
  const spied = vi.spyOn(store, 'decide')
  calls()
  return spied.mock.calls.length
}

describe('a limiter of plain limits in memory', () => {
  test('asks the store for new buckets only', () => {
    const store = memoryStore()
    const limiter = createLimiter<string>({ store, limits: [{ name: 'x', by: (key) => key, rule }] })
    expect(countDecides(() => ['a', 'a', 'b', 'a', 'a', 'b'].map((key) => limiter.consume(key)), store)).toBe(2)
  })

  test('does so with several limits too, and with lists for keys', () => {
    const store = memoryStore()
    const limiter = createLimiter<string>({
      store,
      limits: [
        { name: 'all', by: everyone, rule },
        { name: 'own', by: (key) => ['route', key], rule },
      ],
    })
    expect(countDecides(() => [1, 2, 3].map(() => limiter.consume('a')), store)).toBe(1)
  })

  test('asks each limit for its key once, also where the store must be asked', () => {
    const by = vi.fn((key: string) => key)
    const limiter = createLimiter<string>({ limits: [{ name: 'x', by, rule }] })
    limiter.consume('new')
    expect(by).toHaveBeenCalledTimes(1)
    limiter.consume('new')
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
    const limiter = createLimiter<string>({ store: memoryStore({ clock }), limits: [{ name: 'x', by: (key) => key, rule }] })
    limiter.consume('a')
    const seen = vi.fn()
    limiter.observe(seen)
    const decision = limiter.consume('a')
    expect(seen).toHaveBeenCalledWith({ type: 'decision', decision })
    void limiter.close()
    expect(() => limiter.consume('a')).toThrow(expect.objectContaining({ code: 'SLUICE_CLOSED' }))
  })
})
