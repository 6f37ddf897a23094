import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { waitsOf } from '../../../test/bucket-walk.ts'
import { holdsTheLawsOfCounting } from '../../../test/counting-laws.ts'
import type { BucketState } from '../../kind.ts'
import { longestWindowUs, slidingLogOf } from './sliding-log.ts'
import { type SlidingWindowRule, slidingWindow, slidingWindowKind, slidingWindowOf } from './sliding-window.ts'

const second = 1_000_000
const start = Date.UTC(2026, 0, 1) * 1000

/** Windows of whole milliseconds, such as shares have, and such as need ticks of more than a microsecond. */
const rules: fc.Arbitrary<SlidingWindowRule> = fc.oneof(
  fc
    .record({ capacity: fc.integer({ min: 1, max: 12 }), per: fc.constantFrom('1ms', '10ms', '1s', '1h') })
    .map((options) => slidingWindow(options)),
  fc
    .record({ capacity: fc.integer({ min: 1, max: 3 }), periodUs: fc.integer({ min: 1000, max: 9999 }) })
    .map(({ capacity, periodUs }) => slidingWindowOf({ capacity, refill: capacity, perMs: 1, periodUs })),
  fc.record({ capacity: fc.integer({ min: 500, max: 2000 }), per: fc.constant('30d') }).map((options) => slidingWindow(options)),
)

holdsTheLawsOfCounting('estimate of a sliding window', rules, (rule) => rule.periodUs)

interface Admission {
  readonly at: number
  readonly units: number
}

const traces = rules.chain((rule) =>
  fc.record({
    rule: fc.constant(rule),
    calls: fc.array(fc.tuple(fc.oneof(waitsOf(rule.periodUs), fc.nat(Math.ceil(rule.periodUs / 9))), fc.integer({ min: 1, max: 3 })), {
      maxLength: 50,
    }),
  }),
)

/** Runs a trace; `seen` gets each decision with everything that was admitted before it. */
function run(
  rule: SlidingWindowRule,
  calls: readonly (readonly [wait: number, cost: number])[],
  seen: (admits: boolean, now: number, cost: number, before: readonly Admission[], state: BucketState) => void,
): Admission[] {
  const admitted: Admission[] = []
  let state: BucketState | undefined
  let now = start
  for (const [wait, cost] of calls) {
    now += wait
    const step = slidingWindowKind.decide(state, now, cost, rule, rule.capacity)
    seen(step.admits, now, cost, admitted, step.before)
    if (step.admits) admitted.push({ at: now, units: cost })
    state = step.after
  }
  return admitted
}

function unitsBetween(admitted: readonly Admission[], from: number, to: number): number {
  return admitted.reduce((sum, { at, units }) => (at > from && at <= to ? sum + units : sum), 0)
}

const windowOf = (rule: SlidingWindowRule, at: number): number => Math.floor(at / rule.periodUs)

test('decides as a model that weighs the two windows with exact fractions', () => {
  fc.assert(
    fc.property(traces, ({ rule, calls }) => {
      run(rule, calls, (admits, now, cost, before) => {
        const count = (window: number): number =>
          before.filter(({ at }) => windowOf(rule, at) === window).reduce((sum, { units }) => sum + units, 0)
        const ticks = BigInt(Math.ceil(rule.periodUs / rule.tickUs))
        const elapsed = BigInt(Math.floor((now % rule.periodUs) / rule.tickUs))
        const estimate = BigInt(count(windowOf(rule, now))) * ticks + BigInt(count(windowOf(rule, now) - 1)) * (ticks - elapsed)
        expect(admits).toBe(estimate + BigInt(cost) * ticks <= BigInt(rule.capacity) * ticks)
      })
    }),
    { numRuns: 500 },
  )
})

describe('the error of the estimate', () => {
  test('is at most the share of the last window that has passed, or that has not', () => {
    fc.assert(
      fc.property(traces, ({ rule, calls }) => {
        run(rule, calls, (_admits, now, _cost, before, state) => {
          const truth = unitsBetween(before, now - rule.periodUs, now)
          const error = slidingWindowKind.missing(state, rule) / rule.scale - truth
          const passed = (now % rule.periodUs) / rule.periodUs
          expect(error).toBeGreaterThanOrEqual(-state.carried * passed - 1e-9)
          expect(error).toBeLessThanOrEqual(state.carried * (1 - passed + 1 / rule.scale) + 1e-9)
        })
      }),
      { numRuns: 500 },
    )
  })

  test('lets less than two capacities into any window, and at most one into those since the epoch', () => {
    fc.assert(
      fc.property(traces, ({ rule, calls }) => {
        const admitted = run(rule, calls, () => undefined)
        for (const { at } of admitted) {
          expect(unitsBetween(admitted, at - rule.periodUs, at)).toBeLessThan(2 * rule.capacity)
          const from = windowOf(rule, at) * rule.periodUs
          expect(unitsBetween(admitted, from - 1, from + rule.periodUs - 1)).toBeLessThanOrEqual(rule.capacity)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('nearly reaches two capacities where all traffic comes at the end of one window and of the next', () => {
    const rule = slidingWindow({ capacity: 100, per: '1s' })
    const calls = Array.from({ length: 250 }, (_, i): [number, number] => [
      i === 0 ? second - 1 : i < 100 ? 0 : i === 100 ? second - 1000 : 6,
      1,
    ])
    const admitted = run(rule, calls, () => undefined)
    const worst = Math.max(...admitted.map(({ at }) => unitsBetween(admitted, at - second, at)))
    expect(worst).toBeGreaterThanOrEqual(198)
    expect(worst).toBeLessThan(200)
  })

  test('stays within one in a hundred for traffic at twice the capacity that comes at random', () => {
    const rule = slidingWindow({ capacity: 1000, per: '1s' })
    let seed = 1
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    }
    const calls = Array.from({ length: 20_000 }, (): [number, number] => [Math.floor(-Math.log(random()) * 500), 1])
    const admitted = run(rule, calls, () => undefined)
    expect(admitted.length).toBeGreaterThan(9900)
    const inWindows = admitted.filter(({ at }) => at > start + 3 * second).map(({ at }) => unitsBetween(admitted, at - second, at))
    const mean = inWindows.reduce((sum, units) => sum + units, 0) / inWindows.length
    expect(Math.abs(mean - 1000)).toBeLessThan(10)
  })
})

test('what a window before this one took comes back unit by unit', () => {
  const rule = slidingWindow({ capacity: 4, per: '1s' })
  const { after } = slidingWindowKind.decide(undefined, start, 4, rule, 4)
  const remaining = [0, 0.999999, 1, 1.25, 1.5, 1.75, 1.999999, 2].map((seconds) => {
    const now = start + seconds * second
    return slidingWindowKind.describe(slidingWindowKind.advance(after, now, rule), now, 1, rule).remaining
  })
  expect(remaining).toEqual([0, 0, 0, 1, 2, 3, 3, 4])
})

test('a cancelled charge comes back within its window alone', () => {
  const rule = slidingWindow({ capacity: 4, per: '1s' })
  const back = [second - 1, second].map((us) => slidingWindowKind.returnable({ units: 2, charged: 3, chargedAt: start }, start + us, rule))
  expect(back).toEqual([2 * rule.scale, 0])
})

describe('the rule', () => {
  test('has a tick of a microsecond, or of as many as the capacity needs', () => {
    expect(slidingWindow({ capacity: 100, per: '1m' })).toEqual({
      kind: 'sliding-window',
      capacity: 100,
      refill: 100,
      perMs: 60_000,
      periodUs: 60_000_000,
      scale: 60_000_000,
      tickUs: 1,
    })
    expect(slidingWindow({ capacity: 1_000_000, per: '1d' })).toMatchObject({ tickUs: 39 })
  })

  test('may have as few ticks, and be as long, as can just be counted', () => {
    const shape = { capacity: 1, refill: 1, perMs: 1, periodUs: longestWindowUs }
    expect([slidingWindowOf(shape).periodUs, slidingLogOf({ ...shape, tickUs: 1 }).periodUs]).toEqual([longestWindowUs, longestWindowUs])
    expect(slidingWindow({ capacity: Math.floor(Number.MAX_SAFE_INTEGER / 4000), per: '1s' })).toMatchObject({ scale: 1000, tickUs: 1000 })
  })

  test.each<[string, object, string, string?]>([
    ['a negative capacity', { capacity: -1, per: '1s' }, 'SLUICE_WHOLE_NUMBER', 'capacity'],
    ['a capacity too large to weigh', { capacity: 2 ** 42, per: '1s' }, 'SLUICE_RULE_TOO_LARGE'],
    ['an exact one above ten thousand', { capacity: 10_001, per: '1s', exact: true }, 'SLUICE_WHOLE_NUMBER', 'capacity'],
    ['exactness that is neither', { capacity: 1, per: '1s', exact: 1 }, 'SLUICE_OPTION_TYPE', 'exact'],
    ['a window that is none', { capacity: 1, per: 0 }, 'SLUICE_DURATION', 'per'],
    ['one slot', { capacity: 1, per: '1s', slots: 1 }, 'SLUICE_WHOLE_NUMBER', 'slots'],
    ['more slots than sixty', { capacity: 1, per: '1s', slots: 61 }, 'SLUICE_WHOLE_NUMBER', 'slots'],
    ['slots beside exactness', { capacity: 1, per: '1s', slots: 6, exact: true }, 'SLUICE_OPTION_TYPE', 'slots'],
    ['a capacity too large for slots', { capacity: 2 ** 50 + 1, per: '1s', slots: 6 }, 'SLUICE_WHOLE_NUMBER', 'capacity'],
    ['another option', { capacity: 1, per: '1s', refill: 1 }, 'SLUICE_OPTION_UNKNOWN', 'slidingWindow.refill'],
  ])('refuses %s', (_, options, code, option) => {
    expect(() => slidingWindow(options as never)).toThrow(
      expect.objectContaining({ code, facts: expect.objectContaining(option === undefined ? {} : { option }) }),
    )
  })
})

describe('a clock that steps back', () => {
  const rule = slidingWindow({ capacity: 10, per: '1s' })
  const last = start + 300_000

  test.each([
    ['waits until what this window took weighs nothing', 4, 3, 1_700_000, false],
    ['takes what weighs something along beyond that', 4, 3, 1_700_001, true],
    ['waits until what the window before took weighs nothing', 0, 3, 700_000, false],
    ['takes that along beyond that', 0, 3, 700_001, true],
    ['takes a full bucket along at once', 0, 0, 1, true],
  ])('%s', (_, used, carried, backUs, moves) => {
    const state = { used, last, carried }
    // Of the units of the window before, seven tenths weigh, and a part of a unit counts for a whole one.
    const taken = { used: used + Math.ceil(carried * 0.7), last: last - backUs, carried: 0 }
    expect(slidingWindowKind.advance(state, last - backUs, rule)).toEqual(moves ? taken : state)
  })
})

test('what comes back beyond this window is taken from the one before, at what a unit of that weighs now', () => {
  const rule = slidingWindow({ capacity: 10, per: '1s' })
  const state = { used: 2, last: start + 500_000, carried: 4 }
  const left = [1, 2, 3, 4, 5].map((units) => slidingWindowKind.giveBack(state, units * rule.scale, rule))
  expect(left.map(({ used, carried }) => [used, carried])).toEqual([
    [1, 4],
    [0, 4],
    [0, 2],
    [0, 0],
    [0, 0],
  ])
})

describe('a cost waits', () => {
  const waitOf = (rule: SlidingWindowRule, used: number, carried: number, cost: number): number | null =>
    slidingWindowKind.describe({ used, last: start, carried }, start, cost, rule).retryUs

  test('until the window before weighs exactly as little as there is room for', () => {
    expect(waitOf(slidingWindow({ capacity: 2000, per: '1ms' }), 0, 1000, 1999)).toBe(999)
  })

  test('until the next window is over, and no longer where its ticks do not come out even', () => {
    const rule = slidingWindow({ capacity: 1_000_000, per: '1d' })
    expect(rule.scale * rule.tickUs).toBeGreaterThan(rule.periodUs)
    expect(waitOf(rule, 1_000_000, 0, 1_000_000)).toBe(2 * rule.periodUs)
  })
})
