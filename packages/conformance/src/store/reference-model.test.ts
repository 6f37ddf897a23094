import { tokenBucket } from '@sluice/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { floor, fraction, minus } from './fraction.ts'
import { histories } from './histories.ts'
import { bucketLacking, credited, describeBucket } from './reference-bucket.ts'
import { referenceStore } from './reference-model.ts'
import { countingSuites, describeSides } from './store-suite.ts'

const createModel = () => {
  const store = referenceStore()
  return { store, setNowUs: store.setNowUs, dispose: () => store.close() }
}
describeSides({ describe, expect, test }, 'the model itself', createModel, countingSuites)

const noon = Date.UTC(2026, 0, 1, 12) * 1000

test('its waits are those that trying every microsecond finds', () => {
  const options = fc.record({
    capacity: fc.integer({ min: 1, max: 6 }),
    refill: fc.integer({ min: 1, max: 6 }),
    per: fc.constantFrom('1ms', '2ms', '3ms'),
    mode: fc.constantFrom<'greedy' | 'interval'>('greedy', 'interval'),
  })
  fc.assert(
    fc.property(
      options,
      fc.nat({ max: 5000 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 6 }),
      (numbers, at, owed, cost) => {
        const rule = tokenBucket(numbers)
        const bucket = bucketLacking(fraction(owed), noon + at, { rule, initial: rule.capacity, version: 0 })
        const now = noon + at
        const left = (us: number): number => Number(floor(minus(fraction(rule.capacity), credited(bucket, now + us).missing)))
        const firstUs = (enough: (us: number) => boolean): number => {
          let us = 0
          while (!enough(us)) us++
          return us
        }
        const status = describeBucket(bucket, now, cost)
        if (cost > rule.capacity) return status.retryUs === null
        return (
          status.retryUs === firstUs((us) => left(us) >= cost) &&
          status.replenishUs === firstUs((us) => left(us) > status.remaining) &&
          status.resetUs === firstUs((us) => credited(bucket, now + us).missing.n === 0n)
        )
      },
    ),
    { numRuns: 30 },
  )
})

test('random histories meet everything that matters', () => {
  const seen = new Set<string>()
  for (const history of fc.sample(histories({ backwards: true }), { numRuns: 500, seed: 7 })) {
    for (const { kind } of history.rules) seen.add(kind)
    for (const step of history.steps) seen.add(step.do === 'wait' && step.us < 0 ? 'step back' : step.do)
    seen.add(history.migrate)
  }
  for (const history of fc.sample(histories(), { numRuns: 500, seed: 7 })) for (const step of history.steps) seen.add(step.do)
  expect([...seen].sort()).toEqual(
    // biome-ignore format: a list of words
    ['block', 'blocked', 'consume', 'drain', 'inspect', 'keepRemaining', 'keepUsed', 'peek', 'proportional', 'refund', 'reserve', 'reset', 'resetAll', 'settle', 'step back', 'strike', 'token-bucket', 'wait', 'waitFor'],
  )
})
