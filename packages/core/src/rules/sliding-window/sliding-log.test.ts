import fc from 'fast-check'
import { expect, test } from 'vitest'
import { waitsOf } from '../../../test/bucket-walk.ts'
import { holdsTheLawsOfCounting } from '../../../test/counting-laws.ts'
import type { BucketState } from '../kind.ts'
import { type SlidingLogRule, slidingLogKind, slidingLogOf } from './sliding-log.ts'
import { slidingWindow } from './sliding-window.ts'

const second = 1_000_000
const start = Date.UTC(2026, 0, 1) * 1000

const rules: fc.Arbitrary<SlidingLogRule> = fc
  .record({
    capacity: fc.integer({ min: 1, max: 12 }),
    periodUs: fc.oneof(fc.constantFrom(1000, second), fc.integer({ min: 1000, max: 9999 })),
  })
  .map(({ capacity, periodUs }) => slidingLogOf({ capacity, refill: capacity, perMs: Math.floor(periodUs / 1000), periodUs }))

holdsTheLawsOfCounting('exact sliding window', rules, (rule) => rule.periodUs)

test('admits no more than its capacity into any window, and refuses nothing that fits', () => {
  const traces = rules.chain((rule) =>
    fc.record({
      rule: fc.constant(rule),
      calls: fc.array(fc.tuple(fc.oneof(waitsOf(rule.periodUs), fc.nat(Math.ceil(rule.periodUs / 5))), fc.integer({ min: 1, max: 4 })), {
        maxLength: 60,
      }),
    }),
  )
  fc.assert(
    fc.property(traces, ({ rule, calls }) => {
      const admitted: { readonly at: number; readonly units: number }[] = []
      let state: BucketState | undefined
      let now = start
      for (const [wait, cost] of calls) {
        now += wait
        const inWindow = admitted.filter(({ at }) => at > now - rule.periodUs).reduce((sum, { units }) => sum + units, 0)
        const step = slidingLogKind.decide(state, now, cost, rule, rule.capacity)
        expect(step.admits).toBe(inWindow + cost <= rule.capacity)
        if (step.admits) admitted.push({ at: now, units: cost })
        state = step.after
        expect(state.log?.length ?? 0).toBeLessThanOrEqual(2 * rule.capacity)
      }
    }),
    { numRuns: 1000 },
  )
})

const rule = slidingWindow({ capacity: 4, per: '1s', exact: true })

function charged(...seconds: readonly number[]): BucketState {
  return seconds.reduce<BucketState>(
    (state, at) => slidingLogKind.decide(state, start + at * second, 1, rule, 4).after,
    slidingLogKind.lacking(0, start, rule),
  )
}

test('admissions of one moment are one entry', () => {
  expect(charged(0, 0, 0.5)).toEqual({ used: 3, last: start + second / 2, carried: 0, log: [start, 2, start + second / 2, 1] })
})

test('a cancelled charge leaves the other admissions where they are', () => {
  const state = charged(0, 0.2, 0.4)
  const left = slidingLogKind.giveBack(state, 1, rule, start + 0.2 * second)
  expect(left.log).toEqual([start, 1, start + 0.4 * second, 1])
})

test('a refund takes the oldest, so that nothing comes back later than it would have', () => {
  expect(slidingLogKind.giveBack(charged(0, 0.2, 0.4), 2, rule).log).toEqual([start + 0.4 * second, 1])
})

test('a cost waits for as many of the oldest admissions as make room for it', () => {
  const wide = slidingWindow({ capacity: 10, per: '1s', exact: true })
  const full = [1, 5, 4].reduce<BucketState>(
    (state, units, i) => slidingLogKind.decide(state, start + i * 100_000, units, wide, 10).after,
    slidingLogKind.lacking(0, start, wide),
  )
  const now = start + 200_000
  const waits = [1, 2, 6, 7, 10].map((cost) => slidingLogKind.describe(full, now, cost, wide).retryUs)
  expect(waits).toEqual([800_000, 900_000, 900_000, 1_000_000, 1_000_000])
})

test('a charge comes back while it counts', () => {
  const back = [second - 1, second].map((us) => slidingLogKind.returnable({ units: 2, charged: 3, chargedAt: start }, start + us, rule))
  expect(back).toEqual([2, 0])
})

test('admissions go back with a clock that jumped there and back', () => {
  const before = charged(0, 0.2)
  const jumped = slidingLogKind.advance(before, start - 60 * second, rule)
  expect(jumped).toEqual({ used: 2, last: start - 60 * second, carried: 0, log: [start - 60.2 * second, 1, start - 60 * second, 1] })
})

test.each([
  ['waits until its latest admission counts no more', 800_000, false],
  ['goes back with the clock beyond that', 800_001, true],
])('a bucket whose clock steps back %s', (_, backUs, moves) => {
  const now = start + 600_000
  const state = slidingLogKind.advance(charged(0, 0.4), now, rule)
  expect(slidingLogKind.advance(state, now - backUs, rule).last).toBe(moves ? now - backUs : now)
})

test('an empty one goes back at once', () => {
  const empty = slidingLogKind.lacking(0, start, rule)
  expect(slidingLogKind.advance(empty, start - 1, rule).last).toBe(start - 1)
})

test('a charge of nothing leaves no admission', () => {
  expect(slidingLogKind.debit(charged(0), 0, rule)).toEqual(charged(0))
})
