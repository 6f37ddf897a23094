/** Windows of the calendar (c), and the calendars that a call brings for them, because Redis has none. */
import type { CalendarPeriod, CalendarWindowRule, Micros, Terms } from '@sluice/core'
import { calendarWindowKind, ruleOf, windowsAround } from '@sluice/core/internal'
import type { Kind } from './kind.ts'

const dayMs = 86_400_000
const lengths = { day: { perMs: dayMs }, week: { perMs: 7 * dayMs }, month: {} } as const

export const calendarWindow: Kind<CalendarWindowRule> = {
  kind: calendarWindowKind.name,
  codes: ['c'],
  workUs: () => 12,
  write: ({ capacity, refill, period, timeZone, rate, scale, longestUs }) => ({
    letter: 'c',
    capacity,
    numbers: [rate, scale, longestUs],
    published: `${refill === capacity ? '' : refill}/${period}/${timeZone}`,
  }),
  read({ capacity, numbers: [rate, scale, longestUs], published }) {
    const [refill, period, ...zone] = published.split('/') as [string, CalendarPeriod, ...string[]]
    const units = refill === '' ? capacity : Number(refill)
    return ruleOf(calendarWindowKind, {
      capacity,
      refill: units,
      period,
      timeZone: zone.join('/'),
      ...lengths[period],
      rate,
      scale,
      longestUs,
    })
  },
}

/** A period in a time zone, as the scripts name it. */
export type Calendar = `${CalendarPeriod}/${string}`

/** Whether the windows of terms follow a calendar. */
export function followsCalendar({ rule }: Terms): boolean {
  return rule.kind === calendarWindow.kind
}

/** The different calendars of some terms. */
export function calendarsOf(terms: readonly Terms[]): Calendar[] {
  const calendars: Calendar[] = []
  for (const one of terms) {
    if (!followsCalendar(one)) continue
    const { period, timeZone } = one.rule as CalendarWindowRule
    const calendar: Calendar = `${period}/${timeZone}`
    if (!calendars.includes(calendar)) calendars.push(calendar)
  }
  return calendars
}

/** The calendar that a script lacked, and the server's time, by its error. A script raises that before it has written anything. */
export function missingCalendar(error: unknown): { readonly calendar: Calendar; readonly nowUs: Micros } | undefined {
  const [, calendar, nowUs] = (error instanceof Error && /CALENDAR ((?:day|week|month)\/\S+) (\d+)/.exec(error.message)) || []
  return calendar === undefined ? undefined : { calendar: calendar as Calendar, nowUs: Number(nowUs) }
}

/** The line of a calendar in the first argument of a script: when its windows around `now` begin. */
export function calendarLine(calendar: Calendar, now: Micros): string {
  const slash = calendar.indexOf('/')
  const rule = { period: calendar.slice(0, slash) as CalendarPeriod, timeZone: calendar.slice(slash + 1) }
  const starts = windowsAround(rule, now).map((start) => start.toString(36))
  return `\n${calendar} ${starts.join()}`
}
