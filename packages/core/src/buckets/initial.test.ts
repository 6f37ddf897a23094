import fc from 'fast-check'
import { expect, test } from 'vitest'
import { naturalUs, rulesByKind } from '../../test/any-rule.ts'
import { createLimiter } from '../limiter/limiter.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { manualClock } from '../testing/manual-clock.ts'

const latenessMs = fc.constantFrom(0, 1, 999, 1000, 5000, 60_000, 598_000)

/** A refusal by the others says when to come back. */
const returning = Object.entries(rulesByKind).filter(([kind]) => kind !== 'lifetime quota')

test.each(returning)('%s: a client that waits for Retry-After, in whole seconds or longer, is admitted', (_, rules) => {
  const seconds = (ms: number): number => 1000 * Math.max(1, Math.ceil(ms / 1000))
  fc.assert(
    fc.property(rules, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(50), fc.nat(), latenessMs, (rule, share, units, atMs, lateMs) => {
      const clock = manualClock(Date.UTC(2026, 0, 1) + (atMs % Math.ceil(naturalUs(rule) / 1000)))
      const cost = 1 + (units % rule.capacity)
      const initial = Math.floor(share * rule.capacity)
      const limiter = createLimiter({ store: memoryStore({ clock }), limits: [{ name: 'key', by: () => 'k', initial, rule }] })
      for (let i = 0; i < 4; i++) {
        const first = limiter.consume(undefined, { cost })
        if (first.allowed) clock.advance(lateMs)
        else {
          clock.advance(seconds(first.retryAfterMs!) + lateMs)
          expect(limiter.consume(undefined, { cost }).allowed).toBe(true)
        }
      }
    }),
    { numRuns: 1000 },
  )
})
