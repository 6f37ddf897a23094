import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holdsTheLawsOfCounting } from '../../../test/counting-laws.ts'
import type { BucketState } from '../../kind.ts'
import type { CalendarPeriod } from './calendar.ts'
import { type CalendarWindowRule, calendarWindowKind, calendarWindowOf } from './calendar-window.ts'
import { fixedWindow } from './fixed-window.ts'

const us = (iso: string): number => Date.parse(iso) * 1000
const dayUs = 86_400_000_000
const zones = ['UTC', 'Asia/Seoul', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Havana', 'Antarctica/Troll']

const rules: fc.Arbitrary<CalendarWindowRule> = fc
  .record({
    capacity: fc.integer({ min: 1, max: 9 }),
    per: fc.constantFrom<CalendarPeriod>('day', 'week', 'month', 'year'),
    timeZone: fc.constantFrom(...zones),
  })
  .map((options) => fixedWindow(options))

holdsTheLawsOfCounting('window of the calendar', rules, (rule) => rule.longestUs, 150)

test('decides as a model that reads the date from the wall', () => {
  const traces = fc.record({
    timeZone: fc.constantFrom(...zones),
    from: fc.constantFrom(us('2026-03-01T00:00:00Z'), us('2026-03-26T00:00:00Z'), us('2026-10-22T00:00:00Z')),
    calls: fc.array(fc.tuple(fc.oneof(fc.nat(dayUs / 4), fc.nat(3 * dayUs)), fc.integer({ min: 1, max: 4 })), { maxLength: 40 }),
  })
  fc.assert(
    fc.property(traces, ({ timeZone, from, calls }) => {
      const rule = fixedWindow({ capacity: 4, per: 'day', timeZone })
      const date = new Intl.DateTimeFormat('sv-SE', { timeZone })
      const taken = new Map<string, number>()
      let state: BucketState | undefined
      let now = from
      for (const [wait, cost] of calls) {
        now += wait
        const today = date.format(now / 1000)
        const step = calendarWindowKind.decide(state, now, cost, rule, 4)
        expect(step.admits).toBe((taken.get(today) ?? 0) + cost <= 4)
        if (step.admits) taken.set(today, (taken.get(today) ?? 0) + cost)
        state = step.after
      }
    }),
    { numRuns: 100 },
  )
})

test('waits for the midnight of the zone, over the change of clocks', () => {
  const rule = fixedWindow({ capacity: 3, per: 'day', timeZone: 'America/New_York' })
  const now = us('2026-11-01T04:00:00Z')
  const { after } = calendarWindowKind.decide(undefined, now, 3, rule, 3)
  expect(calendarWindowKind.describe(after, now, 1, rule)).toEqual({
    remaining: 0,
    retryUs: 25 * 3_600_000_000,
    replenishUs: 25 * 3_600_000_000,
    resetUs: 25 * 3_600_000_000,
  })
})

test('gives back a cancelled charge within its window alone', () => {
  const rule = fixedWindow({ capacity: 5, per: 'month', timeZone: 'Europe/Berlin' })
  const unused = { units: 2, charged: 3, chargedAt: us('2026-02-10T00:00:00Z') }
  const back = ['2026-02-28T22:59:59.999Z', '2026-02-28T23:00:00Z'].map((at) => calendarWindowKind.returnable(unused, us(at), rule))
  expect(back).toEqual([2, 0])
})

test('gives back in later windows what they have not brought back, in the parts of a unit that a share has', () => {
  const parent = fixedWindow({ capacity: 20, per: 'day', timeZone: 'UTC' })
  const rule = calendarWindowKind.part(parent, { numerator: 1, denominator: 3 }) as CalendarWindowRule
  const chargedAt = us('2026-06-15T12:00:00Z')
  const back = [-1, 0, 0.5, 1.5].map((days) =>
    calendarWindowKind.returnable({ units: 10, charged: 12, chargedAt }, chargedAt + days * dayUs, rule),
  )
  expect([rule.scale, rule.rate, ...back]).toEqual([3, 20, 30, 30, 16, 0])
})

test('waits for as many windows as a unit takes that comes back in parts', () => {
  const rule = calendarWindowKind.part(fixedWindow({ capacity: 1, per: 'day', timeZone: 'UTC' }), {
    numerator: 1,
    denominator: 3,
  }) as CalendarWindowRule
  const now = us('2026-06-15T12:00:00Z')
  const { after } = calendarWindowKind.decide(undefined, now, 1, rule, 1)
  expect(calendarWindowKind.describe(after, now, 1, rule).retryUs).toBe(us('2026-06-18T00:00:00Z') - now)
})

test.each([
  ['ten midnights', { capacity: 1, refill: 0.1, units: 1, ticks: 10, used: 10 }, us('2026-03-13T00:00:00Z')],
  ['six midnights', { capacity: 1, refill: 1, units: 1, ticks: 1, used: 6 }, us('2026-03-09T00:00:00Z')],
  ['400 midnights', { capacity: 1, refill: 1, units: 1, ticks: 1, used: 400 }, us('2027-04-07T00:00:00Z')],
])('waits for %s, and is free then', (_, { capacity, refill, units, ticks, used }, wanted) => {
  const rule = calendarWindowOf({ capacity, refill, period: 'day', timeZone: 'UTC' }, { units: BigInt(units), ticks: BigInt(ticks) })
  const now = us('2026-03-03T20:00:00Z')
  const state = { used, last: now, carried: 0 }
  expect(now + calendarWindowKind.describe(state, now, 1, rule).retryUs!).toBe(wanted)
  expect(calendarWindowKind.decide(state, wanted - 1, 1, rule, 1).admits).toBe(false)
  expect(calendarWindowKind.decide(state, wanted, 1, rule, 1).admits).toBe(true)
})

describe('a clock that steps back', () => {
  const rule = fixedWindow({ capacity: 5, per: 'day', timeZone: 'UTC' })
  const last = us('2026-06-15T12:00:00Z')

  test.each([
    ['waits for the time of the bucket', 3, dayUs, false],
    ['waits for as long as a window can be', 3, rule.longestUs, false],
    ['takes the bucket along beyond that', 3, rule.longestUs + 1, true],
    ['waits for as many windows as a debt takes', 7, 2 * rule.longestUs, false],
    ['takes the bucket along beyond those', 7, 2 * rule.longestUs + 1, true],
    ['takes one along at once that is full', 0, 1, true],
  ])('%s', (_, used, backUs, moves) => {
    const state = { used, last, carried: 0 }
    expect(calendarWindowKind.advance(state, last - backUs, rule)).toEqual({ ...state, last: moves ? last - backUs : last })
  })

  test('waits from the time of the bucket on', () => {
    const now = last - dayUs
    expect(calendarWindowKind.describe({ used: 5, last, carried: 0 }, now, 1, rule).retryUs).toBe(us('2026-06-16T00:00:00Z') - now)
  })
})
