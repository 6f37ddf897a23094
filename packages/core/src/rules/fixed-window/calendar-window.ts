/**
 * Windows that are days, weeks, months or years of a time zone: their numbers and their decisions.
 *
 * `used` counts the scaled units of the window that `last` lies in. A store without time zones, such as Redis, is sent the list that
 * `windowsAround` makes, and decides by it and its own clock.
 */
import type { Micros } from '../../clock.ts'
import { type BucketKind, type BucketState, type CountingRule, intern, type Part, ruleOf, type Unused } from '../../kind.ts'
import { ceilDiv } from '../../whole-number.ts'
import { countingDecider, ofOneWindow } from '../counting.ts'
import { fitRate, partOfCapacity, partOfRate, partOfRefill, type Rate, reduceRate } from '../rate.ts'
import { type CalendarPeriod, startOfNext, windowsBegun } from './calendar.ts'

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
  /** The length of a day or a week without a change of clocks; months and years have none in common. */
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
const longestMs = { day: dayMs, week: 7 * dayMs, month: 31 * dayMs, year: 366 * dayMs } as const

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
    const length = period === 'day' || period === 'week' ? { perMs: longestMs[period] } : {}
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
  if (now > last) return { used: Math.max(0, used - rule.rate * windowsBegun(rule, last, now)), last: now, carried: 0 }
  // A clock that went back further than the bucket takes to fill jumped there and back; it must not block for the length of the jump.
  return last - now > ceilDiv(used, rule.rate) * rule.longestUs ? { used, last: now, carried: 0 } : state
}

function waitFor(units: number, { used, last }: BucketState, now: Micros, rule: CalendarWindowRule): Micros {
  const need = units * rule.scale - (rule.capacity * rule.scale - used)
  return startOfNext(rule, ceilDiv(need, rule.rate), Math.max(now, last)) - now
}

function returnable({ units, charged, chargedAt }: Unused, now: Micros, rule: CalendarWindowRule): number {
  const begun = now > chargedAt ? windowsBegun(rule, chargedAt, now) : 0
  return Math.min(units * rule.scale, Math.max(0, charged * rule.scale - rule.rate * begun))
}

/** Windows of the calendar, as limiters and stores use them. */
export const calendarWindowKind: BucketKind<CalendarWindowRule> = {
  name: 'calendar-window',
  part: partOfCalendarWindow,
  ...countingDecider({ ...ofOneWindow, advance, returnable, waitFor }),
}
