/** The numbers of windows that are days, weeks or months of a time zone. */
import type { CalendarPeriod } from './calendar.ts'
import { fitRate } from './fit-rate.ts'
import { type Part, partOfCapacity, partOfRate, partOfRefill } from './part.ts'
import { type Rate, reduceRate } from './rate.ts'
import { intern, type Rule } from './rule.ts'

/** A window of the calendar, as the decider uses it. */
export interface CalendarWindowRule extends Rule {
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
    return { kind: 'calendar-window', capacity, refill, period, timeZone, ...length, rate: Number(units), scale: Number(ticks), longestUs }
  })
}

/** A part of a window: what comes back at its end exactly, its capacity rounded down. */
export function partOfCalendarWindow(rule: CalendarWindowRule, part: Part): CalendarWindowRule {
  const { capacity, refill, period, timeZone } = rule
  const shape = { capacity: partOfCapacity(capacity, part), refill: partOfRefill(refill, part), period, timeZone }
  return calendarWindowOf(shape, partOfRate(rule, part))
}
