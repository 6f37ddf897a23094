/** Calendar windows: when the days, weeks and months of a time zone begin, as plain numbers that any store can decide by. */
import type { Micros } from '../../clock.ts'
import { startOfDate, type TimeZone, timeZoneNamed } from './time-zone.ts'

/** A window of the calendar. Weeks begin on Monday. */
export type CalendarPeriod = 'day' | 'week' | 'month'

/** Whose windows are asked for: a calendar rule, or the like. */
export interface CalendarWindows {
  readonly period: CalendarPeriod
  /** IANA name. */
  readonly timeZone: string
}

interface Known {
  /** The window in which the list was made. */
  readonly from: Micros
  readonly to: Micros
  readonly starts: readonly Micros[]
}

/** The windows remembered of one period in one zone, the latest first. */
interface Calendar {
  known: readonly Known[]
}

const byName = new Map<string, Calendar>()
const byRule = new WeakMap<CalendarWindows, Calendar>()
/** Calendars remembered by name. There are some 600 zones; other spellings of them must not grow the map without end. */
const mostCalendars = 3000
/** Windows remembered of each: the present one, and those of stores whose clocks or buckets lie elsewhere. */
const mostWindows = 8

/**
 * The beginnings of the windows around a moment, ascending: of the present window, of at least two before it and at least three after
 * it. That is enough to decide by a clock that differs by a day.
 *
 * Remembered until the window ends, so that a request costs no look into a calendar.
 */
export function windowsAround(rule: CalendarWindows, now: Micros): readonly Micros[] {
  const calendar = byRule.get(rule) ?? calendarOf(rule)
  for (const { from, to, starts } of calendar.known) if (now >= from && now < to) return starts
  const made = listAround(rule.period, timeZoneNamed(rule.timeZone), now)
  calendar.known = [made, ...calendar.known].slice(0, mostWindows)
  return made.starts
}

/** One calendar for all rules of a period in a zone, however many capacities they have. */
function calendarOf(rule: CalendarWindows): Calendar {
  const name = `${rule.period} ${rule.timeZone}`
  const calendar = byName.get(name) ?? { known: [] }
  if (byName.size >= mostCalendars) byName.clear()
  byName.set(name, calendar)
  byRule.set(rule, calendar)
  return calendar
}

function listAround(period: CalendarPeriod, zone: TimeZone, now: Micros): Known {
  const wallMs = zone.wallMs(Math.floor(now / 1000))
  const starts: Micros[] = []
  for (let nth = -3; nth <= 4; nth++) {
    const start = startOfDate(zone, firstDate(period, wallMs, nth)) * 1000
    // A date that a zone left out, when it moved over the date line, has no window.
    if (start !== starts.at(-1)) starts.push(start)
  }
  // Where the clocks went back over midnight, the date on the wall is for a while that of the window before.
  const current = starts.findLastIndex((start) => start <= now)
  return { from: starts[current]!, to: starts[current + 1]!, starts }
}

const dayMs = 86_400_000

/** The date on which the nth window after that of the date on the wall begins, as midnight in UTC. */
function firstDate(period: CalendarPeriod, wallMs: number, nth: number): number {
  const date = new Date(wallMs)
  const monday = period === 'week' ? (date.getUTCDay() + 6) % 7 : 0
  if (period === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + nth, 1)
  return Math.floor(wallMs / dayMs) * dayMs + (period === 'week' ? nth * 7 - monday : nth) * dayMs
}
