import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unitsOf, waitsOf } from '../../test/bucket-walk.ts'
import type { BucketState, CountingRule } from '../kind.ts'
import { bucketKind } from '../kind.ts'
import { createLimiter } from '../limiter/limiter.ts'
import { burstMax } from '../rules/burst-max/burst-max.ts'
import { fixedWindow } from '../rules/fixed-window/fixed-window.ts'
import { slidingWindow } from '../rules/sliding-window/sliding-window.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { memoryStore } from './memory-store.ts'

const second = 1_000_000

const kinds: readonly (readonly [kind: string, rule: CountingRule, naturalUs: number])[] = [
  ['a strict burst', burstMax({ refill: 4, per: '1s' }), second],
  ['windows since the epoch', fixedWindow({ capacity: 5, per: '1s' }), second],
  ['windows from the first charge', fixedWindow({ capacity: 5, per: '1s', align: 'first' }), second],
  ['days of a time zone', fixedWindow({ capacity: 5, per: 'day', timeZone: 'Asia/Seoul' }), 86_400 * second],
  ['a sliding window', slidingWindow({ capacity: 5, per: '1s' }), second],
  ['an exact sliding window', slidingWindow({ capacity: 5, per: '1s', exact: true }), second],
]

describe.each(kinds)('with %s', (_, rule, naturalUs) => {
  test('the memory store answers as the algorithm does by itself', () => {
    const { decide, describe: describeBucket } = bucketKind(rule)
    const call = fc.record({ key: fc.constantFrom('a', 'a', 'b', 'c'), wait: waitsOf(naturalUs), cost: unitsOf(rule) })
    fc.assert(
      fc.property(fc.array(call, { maxLength: 40 }), (calls) => {
        const clock = manualClock()
        const limiter = createLimiter<string>({ store: memoryStore({ clock }), limits: [{ name: 'x', by: (key) => key, rule }] })
        const states = new Map<string, BucketState>()
        let now = clock.nowMs() * 1000
        for (const { key, wait, cost } of calls) {
          now += wait
          clock.setUs(now)
          const step = decide(states.get(key), now, cost, rule, rule.capacity)
          states.set(key, step.after)
          const { remaining, retryUs, resetUs } = describeBucket(step.after, now, cost, rule)
          expect(limiter.consume(key, { cost }).limits[0]).toMatchObject({
            allowed: step.admits,
            remaining,
            retryAfterMs: step.admits ? 0 : retryUs === null ? null : Math.ceil(retryUs / 1000),
            resetAfterMs: Math.ceil(resetUs / 1000),
          })
        }
      }),
      { numRuns: 200 },
    )
  })

  test('a reservation gives back what it did not use, and owes what it used on top', async () => {
    const clock = manualClock()
    const limiter = createLimiter<string>({ store: memoryStore({ clock }), limits: [{ name: 'x', by: (key) => key, rule }] })
    limiter.reserve('a', { cost: 3 }).settle(1)
    expect(limiter.peek('a').limits[0]!.remaining).toBe(rule.capacity - 1)
    limiter.reserve('a', { cost: 1 }).settle(2)
    expect(limiter.peek('a').limits[0]!.remaining).toBe(rule.capacity - 3)
    limiter.refund('a', { cost: 2 })
    expect(limiter.peek('a').limits[0]!.remaining).toBe(rule.capacity - 1)
    limiter.refund('a', { cost: 100 })
    expect(limiter.inspect('x', 'a')).toBeNull()
  })

  test('a bucket of its own begins with the units it is given', () => {
    const clock = manualClock()
    const limiter = createLimiter<string>({ store: memoryStore({ clock }), limits: [{ name: 'x', by: (key) => key, rule, initial: 2 }] })
    expect([3, 2, 1].map((cost) => limiter.consume('a', { cost }).allowed)).toEqual([false, true, false])
  })
})
