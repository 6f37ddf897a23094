/** Calendar windows: when the days, weeks, months and years of a time zone begin, as plain numbers that any store can decide by. */
import type { Micros } from '../../clock.ts'
import { startOfDate, type TimeZone, timeZoneNamed } from './time-zone.ts'

/** The windows of the calendar. Weeks begin on Monday. */
export const calendarPeriods = ['day', 'week', 'month', 'year'] as const

/** A window of the calendar. Weeks begin on Monday. */
export type CalendarPeriod = (typeof calendarPeriods)[number]

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

/** The windows remembered of one period in one zone, in lists of one length, the latest first. */
interface Calendar {
  known: readonly Known[]
}

const byName = new Map<string, Calendar>()
const byRule = new WeakMap<CalendarWindows, Calendar>()
/** Calendars remembered by name. There are some 600 zones; other spellings of them must not grow the map without end. */
const mostCalendars = 3000
/** Windows remembered of each: the present one, and those of stores whose clocks or buckets lie elsewhere. */
const mostWindows = 8

/** Windows before the present one in a list, for a store that decides in this process. */
const usualBack = 3
/** Windows after the present one in a list. */
const ahead = 4

/**
 * The beginnings of the windows around a moment, ascending: of the present window, of at least two before it and at least three after
 * it. That is enough to decide by a clock that differs by a day.
 *
 * Remembered until the window ends, so that a request costs no look into a calendar.
 * @param back - windows before the present one, at least 3
 */
export function windowsAround(rule: CalendarWindows, now: Micros, back: number = usualBack): readonly Micros[] {
  const calendar = (back === usualBack ? byRule.get(rule) : undefined) ?? calendarOf(rule, back)
  for (const { from, to, starts } of calendar.known) if (now >= from && now < to) return starts
  const made = listAround(rule.period, timeZoneNamed(rule.timeZone), now, back)
  calendar.known = [made, ...calendar.known].slice(0, mostWindows)
  return made.starts
}

/**
 * How many windows have begun after `from`, up to and with `to`.
 *
 * Near the present they are counted in the list. Others are counted by their dates, however many they are.
 */
export function windowsBegun(rule: CalendarWindows, from: Micros, to: Micros): number {
  const starts = windowsAround(rule, to)
  if (from < starts[0]!) return begunBetween(rule.period, timeZoneNamed(rule.timeZone), from, to)
  let begun = 0
  for (const start of starts) if (start > from && start <= to) begun++
  return begun
}

/** When the nth window after that of `at` begins, from 1. Beyond the year 2250 every window is taken to be the longest. */
export function startOfNext(rule: CalendarWindows & { readonly longestUs: Micros }, nth: number, at: Micros): Micros {
  const starts = windowsAround(rule, at)
  const current = starts.findLastIndex((start) => start <= at)
  return starts[current + nth] ?? startByDate(rule, nth, at)
}

/** One calendar for all rules of a period in a zone, however many capacities they have. */
function calendarOf(rule: CalendarWindows, back: number): Calendar {
  const name = `${rule.period} ${rule.timeZone} ${back}`
  const calendar = byName.get(name) ?? { known: [] }
  if (byName.size >= mostCalendars) byName.clear()
  byName.set(name, calendar)
  if (back === usualBack) byRule.set(rule, calendar)
  return calendar
}

function listAround(period: CalendarPeriod, zone: TimeZone, now: Micros, back: number): Known {
  const number = dateNumber(period, zone.wallMs(Math.floor(now / 1000)))
  const starts: Micros[] = []
  for (let nth = -back; nth <= ahead; nth++) {
    const start = startOf(period, zone, number + nth)
    // A date that a zone left out, when it moved over the date line, has no window.
    if (start !== starts.at(-1)) starts.push(start)
  }
  // Where the clocks went back over midnight, the date on the wall is for a while that of the window before.
  const current = starts.findLastIndex((start) => start <= now)
  return { from: starts[current]!, to: starts[current + 1]!, starts }
}

const dayMs = 86_400_000
/** The first of January 2250. Moments up to here are whole microseconds below 2^53. */
const latestMs = 8_835_955_200_000

/** The number of the window that a date on the wall belongs to. Windows are numbered by their first dates. */
function dateNumber(period: CalendarPeriod, wallMs: number): number {
  const date = new Date(wallMs)
  if (period === 'year') return date.getUTCFullYear()
  if (period === 'month') return 12 * date.getUTCFullYear() + date.getUTCMonth()
  const days = Math.floor(wallMs / dayMs)
  // The first of January 1970 was a Thursday.
  return period === 'week' ? Math.floor((days + 3) / 7) : days
}

/** When the window of a number begins. */
function startOf(period: CalendarPeriod, zone: TimeZone, number: number): Micros {
  if (period === 'year') return startOfDate(zone, Date.UTC(number, 0, 1)) * 1000
  if (period === 'month') return startOfDate(zone, Date.UTC(Math.floor(number / 12), number % 12, 1)) * 1000
  return startOfDate(zone, (period === 'week' ? 7 * number - 3 : number) * dayMs) * 1000
}

/** The number of the window of a moment. Where the clocks went back over midnight, the date on the wall is for a while that before. */
function numberAt(period: CalendarPeriod, zone: TimeZone, at: Micros): number {
  const number = dateNumber(period, zone.wallMs(Math.floor(at / 1000)))
  return startOf(period, zone, number + 1) <= at ? number + 1 : number
}

/** How many windows have begun after one moment, up to and with a later one. */
function begunBetween(period: CalendarPeriod, zone: TimeZone, from: Micros, to: Micros): number {
  const dates = numberAt(period, zone, to) - numberAt(period, zone, from)
  return period === 'day' ? dates - datesLeftOut(zone, from, to) : dates
}

/** How many dates a zone left out between two moments, when it moved over the date line. Such a date has no window. */
function datesLeftOut(zone: TimeZone, from: Micros, to: Micros): number {
  const ahead = (at: Micros): number => zone.wallMs(Math.floor(at / 1000)) - Math.floor(at / 1000)
  return Math.max(0, Math.round((ahead(to) - ahead(from)) / dayMs))
}

function startByDate(rule: CalendarWindows & { readonly longestUs: Micros }, nth: number, at: Micros): Micros {
  const { period, timeZone, longestUs } = rule
  const zone = timeZoneNamed(timeZone)
  const first = numberAt(period, zone, at)
  const latest = dateNumber(period, latestMs)
  const beyond = Math.max(0, first + nth - latest)
  const start = startOf(period, zone, first + nth - beyond)
  // Each date that was left out moves the window by one.
  const leftOut = period === 'day' ? datesLeftOut(zone, at, start) : 0
  return (leftOut === 0 ? start : startOf(period, zone, first + nth - beyond + leftOut)) + beyond * longestUs
}
