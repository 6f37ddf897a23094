/**
 * Windows that are days, weeks or months of a time zone: their numbers, and their decisions from a list of their beginnings.
 *
 * `used` counts the scaled units of the window that `last` lies in. The list is data: a store without time zones, such as Redis, is
 * sent the one that `windowsAround` makes, and decides by it and its own clock. What lies beyond the list is taken as windows of the
 * longest length: nothing comes back early, and only debts of many windows come back late.
 */
import type { Micros } from '../../clock.ts'
import { countingDecider, ofOneWindow } from '../counting.ts'
import { type BucketKind, type BucketState, type CountingRule, intern, ruleOf, type Unused } from '../kind.ts'
import { fitRate, type Part, partOfCapacity, partOfRate, partOfRefill, type Rate, reduceRate } from '../rate.ts'
import { ceilDiv, floorDiv } from '../whole-number.ts'
import { type CalendarPeriod, windowsAround } from './calendar.ts'

/** A window of the calendar, as the decider uses it. */
export interface CalendarWindowRule extends CountingRule {
  readonly kind: 'calendar-window'
  /** Units. */
  readonly capacity: number
  /** Units per window; a share may have a fraction of one. */
  readonly refill: number
  readonly period: CalendarPeriod
  /** IANA name, as it was given. */
  readonly timeZone: string
  /** The length of a day or a week without a change of clocks; months have none in common. */
  readonly perMs?: number
  /** Scaled units that come back at the end of a window. */
  readonly rate: number
  /** Scaled units in one unit: as many as make `rate` a whole number. */
  readonly scale: number
  /** No window is longer, in microseconds: clocks go back by at most two hours at once. */
  readonly longestUs: number
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const longestMs = { day: dayMs, week: 7 * dayMs, month: 31 * dayMs } as const

/**
 * The rule for parsed numbers.
 * @param rate - units per window, which for a share is finer than `refill` can say
 */
export function calendarWindowOf(
  shape: Pick<CalendarWindowRule, 'capacity' | 'refill' | 'period' | 'timeZone'>,
  rate: Rate,
): CalendarWindowRule {
  const { capacity, refill, period, timeZone } = shape
  return intern(`calendar-window ${capacity} ${refill}/${period} ${timeZone} ${rate.units}/${rate.ticks}`, () => {
    const longestUs = (longestMs[period] + 2 * hourMs) * 1000
    const { units, ticks } = fitRate(reduceRate(rate), { capacity, refill, per: period, tickUs: longestUs })
    const length = period === 'month' ? {} : { perMs: longestMs[period] }
    return ruleOf(calendarWindowKind, {
      capacity,
      refill,
      period,
      timeZone,
      ...length,
      rate: Number(units),
      scale: Number(ticks),
      longestUs,
    })
  })
}

/** A part of a window: what comes back at its end exactly, its capacity rounded down. */
function partOfCalendarWindow(rule: CalendarWindowRule, part: Part): CalendarWindowRule {
  const { capacity, refill, period, timeZone } = rule
  const shape = { capacity: partOfCapacity(capacity, part), refill: partOfRefill(refill, part), period, timeZone }
  return calendarWindowOf(shape, partOfRate(rule, part))
}

function advance(state: BucketState, now: Micros, rule: CalendarWindowRule): BucketState {
  const { used, last } = state
  if (now > last)
    return { used: Math.max(0, used - rule.rate * windowsBegun(last, now, rule, windowsAround(rule, now))), last: now, carried: 0 }
  // A clock that went back further than the bucket takes to fill jumped there and back; it must not block for the length of the jump.
  return last - now > ceilDiv(used, rule.rate) * rule.longestUs ? { used, last: now, carried: 0 } : state
}

function waitFor(units: number, { used, last }: BucketState, now: Micros, rule: CalendarWindowRule): Micros {
  const need = units * rule.scale - (rule.capacity * rule.scale - used)
  return startOfNext(ceilDiv(need, rule.rate), Math.max(now, last), rule, windowsAround(rule, now)) - now
}

function returnable({ units, charged, chargedAt }: Unused, now: Micros, rule: CalendarWindowRule): number {
  const begun = now > chargedAt ? windowsBegun(chargedAt, now, rule, windowsAround(rule, now)) : 0
  return Math.min(units * rule.scale, Math.max(0, charged * rule.scale - rule.rate * begun))
}

/** How many windows have begun after `from`, up to and with `to`. */
export function windowsBegun(from: Micros, to: Micros, { longestUs }: CalendarWindowRule, starts: readonly Micros[]): number {
  const first = starts[0]!
  let begun = from < first && to >= first ? floorDiv(first - from - 1, longestUs) : 0
  for (const start of starts) if (start > from && start <= to) begun++
  return begun
}

/** When the nth window after that of `at` begins, from 1. */
export function startOfNext(nth: number, at: Micros, { longestUs }: CalendarWindowRule, starts: readonly Micros[]): Micros {
  let current = 0
  while (current + 1 < starts.length && starts[current + 1]! <= at) current++
  const beyond = current + nth - (starts.length - 1)
  return beyond > 0 ? starts[starts.length - 1]! + beyond * longestUs : starts[current + nth]!
}

/** Windows of the calendar, as limiters and stores use them. */
export const calendarWindowKind: BucketKind<CalendarWindowRule> = {
  name: 'calendar-window',
  part: partOfCalendarWindow,
  ...countingDecider({ ...ofOneWindow, advance, returnable, waitFor }),
}
