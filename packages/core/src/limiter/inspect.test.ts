import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyRule, naturalUs } from '../../test/any-rule.ts'
import type { Rule } from '../kind.ts'
import type { Limit } from '../limit.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { concurrency } from '../rules/concurrency/concurrency.ts'
import { shareOf } from '../rules/share/share.ts'
import type { Migrate } from '../store.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { createLimiter } from './limiter.ts'

const ways = fc.constantFrom<Migrate>('keepUsed', 'keepRemaining', 'proportional', 'reset')
const slots = fc.nat(5).map((more) => concurrency({ capacity: 1 + more }))
const rules: fc.Arbitrary<readonly Rule[]> = fc.oneof(
  anyRule.map((rule) => [rule]),
  fc.tuple(anyRule, fc.constantFrom(0.1, 0.5, 1)).map(([rule, ratio]) => [rule, shareOf('limit 0', ratio)]),
  slots.map((rule) => [rule]),
)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('reserve' as const), cost: fc.nat(60) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), share: fc.double({ min: 0, max: 1.5, noNaN: true }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('update' as const), rules, migrate: ways }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('block' as const), duration: fc.constantFrom<0 | '1s' | 'forever'>(0, '1s', 'forever') }),
  },
)

function limitsOf(list: readonly Rule[], initial: number | undefined): Limit<void, 'sync'>[] {
  return list.map((rule, i) => ({ name: `limit ${i}`, by: () => 'k', rule, ...(initial !== undefined && i === 0 && { initial }) }))
}

// A guaranteed share is not among them: what peek says of it includes what its parent would lend.
test('inspect says of a bucket what peek says, after any updates between rules of all kinds', () => {
  fc.assert(
    fc.property(rules, fc.array(step, { maxLength: 12 }), fc.option(fc.constant(0), { nil: undefined }), (first, steps, initial) => {
      const clock = manualClock()
      const limiter = createLimiter({ store: memoryStore({ clock }), limits: limitsOf(first, initial) })
      let longestUs = 1000
      for (const next of steps) {
        if (next.do === 'reserve') limiter.reserve(undefined, { cost: next.cost })
        else if (next.do === 'block') limiter.block('limit 0', 'k', next.duration)
        else if (next.do === 'wait') clock.setUs(Math.floor(clock.nowMs() * 1000 + next.share * longestUs))
        else void limiter.update(limitsOf(next.rules, initial), { migrate: next.migrate })
        if (next.do === 'update') longestUs = Math.max(1000, ...next.rules.map((rule) => naturalUs(rule as never) || 1000))
        for (const status of limiter.peek().limits) {
          const inspected = limiter.inspect(status.name, 'k')
          if (inspected !== null) expect(inspected).toEqual(status)
          else expect(status).toMatchObject({ remaining: initial === 0 && status.parent === null ? expect.any(Number) : status.capacity })
        }
      }
    }),
    { numRuns: 5000 },
  )
})
