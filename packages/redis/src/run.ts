/** Running a script with the calendars that it needs. Redis has none, so that a call brings them. */
import type { CalendarPeriod, CalendarWindowRule, Micros, Terms } from '@sluice/core'
import { windowsAround } from '@sluice/core/internal'
import type { Connection } from './connection.ts'
import type { Means } from './means.ts'
import type { Script } from './scripts.generated.ts'

/** What a script is given. */
export interface Errand {
  readonly script: Script
  /** All in one slot. */
  readonly keys: readonly string[]
  /** What follows the clock and the calendars. */
  readonly args: readonly string[]
  /** The terms that the call brings. */
  readonly terms: readonly Terms[]
}

/** Connections on which requests bring calendars. Such a request may turn out to lack one, and then is sent again. */
const withCalendars = new WeakSet<Connection>()

/**
 * Whether of two requests that are sent one after the other the first is decided first: neither will have to be sent again.
 * Where a rule that followed a calendar was changed before this process began, that is not foreseen.
 */
export function keepsOrder({ connection }: Means): boolean {
  return connection.keepsOrder && !withCalendars.has(connection)
}

/** Calendars that one call may turn out to need: those of the rules that its buckets had before. */
const mostUnforeseen = 3

export function run(means: Means, errand: Errand, deadlineMs: number): Promise<unknown> {
  return runWith(calendarsOf(errand.terms), means, errand, deadlineMs, mostUnforeseen)
}

/** Promises in a row instead of an async function, since nearly every request needs none of what happens after an error. */
function runWith(calendars: readonly Calendar[], means: Means, errand: Errand, deadlineMs: number, unforeseen: number): Promise<unknown> {
  const { connection } = means
  if (calendars.length > 0) withCalendars.add(connection)
  const clock = means.nowText() + calendars.map((calendar) => lineOf(calendar, nowUs(means))).join('')
  return connection.run(errand.script, errand.keys, [clock, ...errand.args], deadlineMs).catch((error: unknown) => {
    const missing = missingIn(error)
    if (missing === undefined || unforeseen === 0 || performance.now() >= deadlineMs) throw error
    return runWith([...calendars, missing], means, errand, deadlineMs, unforeseen - 1)
  })
}

/** A period in a time zone, as the scripts name it. */
type Calendar = `${CalendarPeriod}/${string}`

function calendarsOf(terms: readonly Terms[]): Calendar[] {
  const calendars: Calendar[] = []
  for (const { rule } of terms) {
    if (rule.kind !== 'calendar-window') continue
    const { period, timeZone } = rule as CalendarWindowRule
    const calendar: Calendar = `${period}/${timeZone}`
    if (!calendars.includes(calendar)) calendars.push(calendar)
  }
  return calendars
}

/** A script that lacks a calendar says so before it has written anything. */
function missingIn(error: unknown): Calendar | undefined {
  return error instanceof Error ? (/CALENDAR ((?:day|week|month)\/\S+)/.exec(error.message)?.[1] as Calendar | undefined) : undefined
}

/** Good to a day: the windows before and after are listed too, and the script chooses among them by its own clock. */
function nowUs({ nowText }: Means): Micros {
  return Number(nowText()) || Date.now() * 1000
}

function lineOf(calendar: Calendar, now: Micros): string {
  const slash = calendar.indexOf('/')
  const rule = { period: calendar.slice(0, slash) as CalendarPeriod, timeZone: calendar.slice(slash + 1) }
  const starts = windowsAround(rule, now).map((start) => start.toString(36))
  return `\n${calendar} ${starts.join()}`
}
