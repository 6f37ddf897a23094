import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holdsTheLawsOfCounting } from '../../../test/counting-laws.ts'
import type { BucketState } from '../../kind.ts'
import { type FirstWindowRule, firstWindowKind, firstWindowOf } from './first-window.ts'
import { fixedWindow } from './fixed-window.ts'

const second = 1_000_000
const start = Date.UTC(2026, 0, 1) * 1000 + 300_000

/** Windows of whole numbers, and such as shares have: a third of a unit at the end of each, say. */
const rules: fc.Arbitrary<FirstWindowRule> = fc
  .record({ whole: fc.integer({ min: 1, max: 12 }), part: fc.integer({ min: 1, max: 7 }), perMs: fc.constantFrom(1, 10, 1000, 60_000) })
  .map(({ whole, part, perMs }) =>
    firstWindowOf(
      { capacity: Math.max(1, Math.floor(whole / part)), refill: whole / part, perMs },
      { units: BigInt(whole), ticks: BigInt(part) },
    ),
  )

holdsTheLawsOfCounting('window from the first charge', rules, (rule) => rule.periodUs)

test('begins with the first charge, and again with the first one after its end', () => {
  const rule = fixedWindow({ capacity: 2, per: '1s', align: 'first' })
  let state: BucketState | undefined
  const admitted = [0, 0.9, 0.999, 1, 2.2, 2.9, 3.1, 3.2].filter((seconds) => {
    const step = firstWindowKind.decide(state, start + seconds * second, 1, rule, 2)
    state = step.after
    return step.admits
  })
  // From 0 to 1, from 1 to 2, and from 2.2 to 3.2.
  expect(admitted).toEqual([0, 0.9, 1, 2.2, 2.9, 3.2])
})

test('decides as a model that keeps a list of windows', () => {
  const traces = fc.record({
    capacity: fc.integer({ min: 1, max: 9 }),
    perMs: fc.constantFrom(1, 1000),
    calls: fc.array(fc.tuple(fc.nat(2_000_000), fc.integer({ min: 1, max: 9 })), { maxLength: 40 }),
  })
  fc.assert(
    fc.property(traces, ({ capacity, perMs, calls }) => {
      const rule = fixedWindow({ capacity, per: `${perMs}ms`, align: 'first' })
      const windows: { readonly from: number; units: number }[] = []
      let state: BucketState | undefined
      let now = start
      for (const [us, cost] of calls) {
        now += Math.floor((us * perMs) / 1000)
        const open = windows.find(({ from }) => now < from + perMs * 1000)
        const step = firstWindowKind.decide(state, now, cost, rule, capacity)
        expect(step.admits).toBe((open?.units ?? 0) + cost <= capacity)
        if (step.admits && open !== undefined) open.units += cost
        else if (step.admits) windows.push({ from: now, units: cost })
        state = step.after
      }
    }),
    { numRuns: 1000 },
  )
})

test('what was charged in hindsight above the capacity is taken from the windows after it', () => {
  const rule = fixedWindow({ capacity: 10, per: '1s', align: 'first' })
  const owing = firstWindowKind.debit(firstWindowKind.decide(undefined, start, 10, rule, 10).after, 7, rule)
  const remaining = [0, 0.5, 1, 1.5, 2].map((seconds) => {
    const now = start + seconds * second
    return firstWindowKind.describe(firstWindowKind.advance(owing, now, rule), now, 1, rule).remaining
  })
  expect(remaining).toEqual([0, 0, 3, 3, 10])
})

test('windows that a debt is taken from follow on the one before, and the next one begins when it is paid', () => {
  const rule = fixedWindow({ capacity: 10, per: '1s', align: 'first' })
  const owing = { used: 17, last: start, carried: 0 }
  const later = [0.5, 1.5, 2.5].map((seconds) => firstWindowKind.advance(owing, start + seconds * second, rule))
  expect(later.map(({ used, last }) => [used, (last - start) / second])).toEqual([
    [17, 0],
    [7, 1],
    [0, 2.5],
  ])
})

describe('a cancelled charge', () => {
  const rule = fixedWindow({ capacity: 10, per: '1s', align: 'first' })
  const unused = { units: 4, charged: 4, chargedAt: start + 900_000 }
  const returnable = (state: BucketState | undefined, us: number): number => firstWindowKind.returnable(unused, start + us, rule, state)

  test('gives back all of its units while its window lasts', () => {
    expect(returnable({ used: 9, last: start, carried: 0 }, 999_999)).toBe(4)
  })

  test('gives back nothing once the next window has begun, however soon that is', () => {
    expect(returnable({ used: 1, last: start + second, carried: 0 }, second)).toBe(0)
  })

  test('gives back what the windows since have not brought back, in the parts of a unit that a share has', () => {
    const third = firstWindowOf({ capacity: 6, refill: 10 / 3, perMs: 1000 }, { units: 10n, ticks: 3n })
    const back = [0, second, 2 * second].map((last) =>
      firstWindowKind.returnable({ units: 5, charged: 6, chargedAt: start }, start + last, third, {
        used: 18,
        last: start + last,
        carried: 0,
      }),
    )
    expect(back).toEqual([15, 8, 0])
  })

  test('gives back of a large charge what one window more could not have brought, where the bucket is not known', () => {
    const large = { units: 40, charged: 40, chargedAt: start }
    const back = [0, 999_999, second].map((us) => firstWindowKind.returnable(large, start + us, rule))
    expect(back).toEqual([30, 30, 20])
  })

  test('gives back nothing where it is unknown which window it was in', () => {
    expect(returnable(undefined, 950_000)).toBe(0)
  })
})

describe('a clock that steps back', () => {
  const rule = fixedWindow({ capacity: 10, per: '1s', align: 'first' })

  test.each([
    ['waits for the time of the bucket', 7, 400_000, false],
    ['waits for a window that is in use', 7, second, false],
    ['starts over beyond that', 7, second + 1, true],
    ['waits for as many windows as a debt takes', 17, 2 * second, false],
    ['starts over beyond those', 17, 2 * second + 1, true],
    ['starts over at once where nothing is used', 0, 1, true],
  ])('%s', (_, used, backUs, moves) => {
    const state = { used, last: start, carried: 0 }
    expect(firstWindowKind.advance(state, start - backUs, rule)).toEqual({ ...state, last: moves ? start - backUs : start })
  })
})
