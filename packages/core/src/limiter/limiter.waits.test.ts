import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Limit } from '../limit.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { createLimiter } from './limiter.ts'

const numbers = fc.record({
  capacity: fc.integer({ min: 1, max: 12 }),
  refill: fc.integer({ min: 1, max: 12 }),
  per: fc.constantFrom('3ms', '10ms', '1s', '7s', '1m', '1h', '30d'),
  mode: fc.constantFrom<'greedy' | 'interval'>('greedy', 'interval'),
})
const step = fc.record({ cost: fc.integer({ min: 1, max: 12 }), waitMs: fc.nat({ max: 5000 }) })

/** What a limiter of several limits answers to the last of these calls, when that is made `lateMs` after the one before. */
function lastOf(options: Parameters<typeof tokenBucket>[0][], steps: readonly { cost: number; waitMs: number }[], lateMs?: number) {
  const clock = manualClock()
  const limits = options.map(
    (rule, i): Limit<void, 'sync'> => ({ name: `limit ${i}`, by: () => 'ann', rule: tokenBucket(rule), shadow: i === 2 }),
  )
  const limiter = createLimiter({ limits, store: memoryStore({ clock }) })
  for (const { cost, waitMs } of steps) {
    clock.advance(waitMs)
    limiter.consume(undefined, { cost })
  }
  const { cost } = steps.at(-1)!
  clock.advance(lateMs ?? 0)
  return limiter.consume(undefined, { cost })
}

test('over several limits, the same cost is admitted after exactly the wait and not a millisecond before', () => {
  let [tried, refused] = [0, 0]
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1, maxLength: 3 }), fc.array(step, { minLength: 1, maxLength: 12 }), (options, steps) => {
      const decision = lastOf(options, steps)
      tried++
      if (decision.outcome !== 'limited') return
      refused++
      // The call that was refused is made again, so that a refusal that changed a bucket would show, too.
      const again = (ms: number): boolean => lastOf(options, [...steps, { cost: steps.at(-1)!.cost, waitMs: 0 }], ms).allowed
      expect(again(decision.retryAfterMs)).toBe(true)
      expect(again(decision.retryAfterMs - 1)).toBe(false)
    }),
    { numRuns: 10_000 },
  )
  expect(refused / tried).toBeGreaterThan(0.1)
}, 120_000)
