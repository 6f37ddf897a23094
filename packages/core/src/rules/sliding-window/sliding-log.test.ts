import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { waitsOf } from '../../../test/bucket-walk.ts'
import { holdsTheLawsOfCounting } from '../../../test/counting-laws.ts'
import { contentOf, rules } from '../../../test/sliding-logs.ts'
import type { BucketState } from '../../kind.ts'
import { slidingLogKind } from './sliding-log.ts'
import { slidingWindow } from './sliding-window.ts'

const second = 1_000_000
const start = Date.UTC(2026, 0, 1) * 1000

holdsTheLawsOfCounting('window with a log', rules, (rule) => rule.periodUs)

interface Admission {
  readonly at: number
  readonly units: number
}

const unitsSince = (admitted: readonly Admission[], after: number): number =>
  admitted.filter(({ at }) => at > after).reduce((sum, { units }) => sum + units, 0)

test('admits no more than its capacity into any window, and refuses only what does not fit in a window of one slot more', () => {
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
      const admitted: Admission[] = []
      let state: BucketState | undefined
      let now = start
      for (const [wait, cost] of calls) {
        now += wait
        const fits = (us: number): boolean => unitsSince(admitted, now - us) + cost <= rule.capacity
        const step = slidingLogKind.decide(state, now, cost, rule, rule.capacity)
        if (step.admits) expect(fits(rule.periodUs)).toBe(true)
        else expect(fits(rule.periodUs + rule.tickUs - 1)).toBe(false)
        if (step.admits) admitted.push({ at: now, units: cost })
        state = step.after
      }
    }),
    { numRuns: 1000 },
  )
})

test('a state is the same, whatever else was decided from it', () => {
  const steps = fc.array(fc.tuple(fc.nat(second / 2), fc.integer({ min: 1, max: 3 }), fc.boolean()), { maxLength: 40 })
  fc.assert(
    fc.property(rules, steps, (rule, calls) => {
      let now = start
      let state: BucketState | undefined
      let alone: BucketState | undefined
      for (const [wait, cost, branches] of calls) {
        now += wait
        if (branches) {
          const branch = slidingLogKind.decide(state, now + 1, cost + 1, rule, rule.capacity).after
          slidingLogKind.decide(branch, now + 2, 1, rule, rule.capacity)
        }
        state = slidingLogKind.decide(state, now, cost, rule, rule.capacity).after
        // The same without a list that other states have continued.
        const log = alone?.log && { ...alone.log, entries: alone.log.entries.slice(0, alone.log.length) }
        alone = slidingLogKind.decide(alone && { ...alone, ...(log && { log }) }, now, cost, rule, rule.capacity).after
        expect(contentOf(state)).toEqual(contentOf(alone))
      }
    }),
    { numRuns: 500 },
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
  expect(charged(0, 0, 0.5).log).toEqual({ entries: [start, 0, start + second / 2, 2], length: 4, total: 3 })
})

test('a cancelled charge leaves the other admissions where they are', () => {
  const state = charged(0, 0.2, 0.4)
  const left = slidingLogKind.giveBack(state, 1, rule, start + 0.2 * second)
  expect(contentOf(left)).toEqual([start, 1, start + 0.4 * second, 1])
})

test('a refund takes the oldest, so that nothing comes back later than it would have', () => {
  expect(contentOf(slidingLogKind.giveBack(charged(0, 0.2, 0.4), 2, rule))).toEqual([start + 0.4 * second, 1])
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
  expect([jumped.used, jumped.last]).toEqual([2, start - 60 * second])
  expect(contentOf(jumped)).toEqual([start - 60.2 * second, 1, start - 60 * second, 1])
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

describe('with 10,000 admissions', () => {
  const large = slidingWindow({ capacity: 10_000, per: '1h', exact: true })
  const admit = (state: BucketState | undefined, at: number): BucketState => slidingLogKind.decide(state, at, 1, large, 10_000).after
  const filled = (): BucketState => {
    let state = slidingLogKind.lacking(0, start, large)
    for (let i = 0; i < 10_000; i++) state = admit(state, start + i * 1000)
    return state
  }

  /** How many numbers of a log a decision reads. */
  function readsOf(state: BucketState, run: (watched: BucketState) => unknown): number {
    let reads = 0
    const entries = new Proxy(state.log!.entries, {
      get(list, name) {
        if (typeof name === 'string' && /^\d+$/.test(name)) reads++
        return Reflect.get(list, name) as unknown
      },
    })
    run({ ...state, log: { ...state.log!, entries } })
    return reads
  }

  test.each([1, 5000, 10_000])('a refusal of %i reads a few entries', (cost) => {
    const now = start + second * 10
    const reads = readsOf(filled(), (state) => {
      const { before, admits } = slidingLogKind.decide(state, now, cost, large, 10_000)
      expect(admits).toBe(false)
      slidingLogKind.describe(before, now, cost, large)
    })
    expect(reads).toBeLessThan(80)
  })

  test('keeps at most twice the entries that count', () => {
    let state = filled()
    for (let i = 0; i < 50_000; i++) {
      state = admit(state, start + second * 3600 + i * 360_000)
      expect(state.log!.length).toBeLessThanOrEqual(2 * Math.max(64, 2 * state.used) + 2)
    }
    expect(state.log!.entries.length).toBe(state.log!.length)
  })
})

test('a window with slots counts for years without passing 2^53', () => {
  const most = 2 ** 50
  const wide = slidingWindow({ capacity: most, per: '1s', slots: 4 })
  let state = slidingLogKind.lacking(0, start, wide)
  for (let i = 0; i < 100; i++) {
    const now = start + i * 250_000
    const { remaining } = slidingLogKind.describe(slidingLogKind.advance(state, now, wide), now, 1, wide)
    const cost = Math.max(1, Math.floor(remaining / 2))
    const step = slidingLogKind.decide(state, now, cost, wide, most)
    expect(step.admits).toBe(remaining > 0)
    state = step.after
    expect(state.log!.total).toBeLessThan(Number.MAX_SAFE_INTEGER)
  }
})

describe.each([2, 10, 60])('a steady caller of a window of %i slots', (slots) => {
  test.each([1, 10, 100])('gets the capacity of %i in at most one slot more than the window', (capacity) => {
    const window = slidingWindow({ capacity, per: '1m', slots })
    let [state, now, admitted]: [BucketState | undefined, number, number] = [undefined, start + 1, 0]
    const until = now + 1000 * window.periodUs
    while (now < until) {
      const { admits, before, after } = slidingLogKind.decide(state, now, 1, window, capacity)
      state = after
      if (admits) admitted++
      now += admits ? window.periodUs / capacity / 2 : slidingLogKind.describe(before, now, 1, window).retryUs!
    }
    const share = admitted / (1000 * capacity)
    expect(share).toBeGreaterThanOrEqual(slots / (slots + 1) - 0.001)
    expect(share).toBeLessThanOrEqual(1.002)
  })
})
