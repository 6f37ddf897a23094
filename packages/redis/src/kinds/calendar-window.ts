/** Windows of the calendar (c), and the calendars that a call brings for them, because Redis has none. */
import type { CalendarPeriod, CalendarWindowRule, Micros, Terms } from '@sluice/core'
import { calendarWindowKind, ruleOf, windowsAround, windowsBegun } from '@sluice/core/internal'
import type { Kind } from './kind.ts'

const dayMs = 86_400_000
const lengths = { day: { perMs: dayMs }, week: { perMs: 7 * dayMs }, month: {}, year: {} } as const

export const calendarWindow: Kind<CalendarWindowRule> = {
  kind: calendarWindowKind.name,
  codes: ['c'],
  workUs: (rule) => 12 + (windowsBack(rule) - fewestBack) / 4,
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
export type CalendarName = `${CalendarPeriod}/${string}`

/** What a script is told of a calendar. */
export interface Calendar {
  /** Windows before the present one. */
  back: number
  /** Moments outside of these: for each of them the script is told how many windows lie between. */
  readonly moments: Micros[]
}

/** The calendars that a script is told of, by name. */
export type Calendars = Map<CalendarName, Calendar>

/** Whether the windows of terms follow a calendar. */
export function followsCalendar({ rule }: Terms): boolean {
  return rule.kind === calendarWindow.kind
}

const fewestBack = 3
/** Fifty years back is after 1970, so that no script meets a negative time. */
const mostBack = 50

/** In how many windows all comes back that a bucket can lack, or as many as one call tells of. */
function windowsBack({ capacity, scale, rate }: CalendarWindowRule): number {
  return Math.min(mostBack, Math.max(fewestBack, Math.ceil((2 * capacity * scale) / rate)))
}

/** The calendars of some terms. */
export function calendarsOf(terms: readonly Terms[]): Calendars {
  const calendars: Calendars = new Map()
  for (const one of terms) {
    if (!followsCalendar(one)) continue
    const rule = one.rule as CalendarWindowRule
    const calendar = calendarIn(calendars, `${rule.period}/${rule.timeZone}`)
    calendar.back = Math.max(calendar.back, windowsBack(rule))
  }
  return calendars
}

function calendarIn(calendars: Calendars, name: CalendarName): Calendar {
  const calendar = calendars.get(name) ?? { back: fewestBack, moments: [] }
  calendars.set(name, calendar)
  return calendar
}

/**
 * Adds what a script lacked, by its error. The script raises that before it has charged anything.
 * @returns the time of the server; `undefined` for another error
 */
export function addMissing(calendars: Calendars, error: unknown): Micros | undefined {
  const [, name, nowUs, moment] =
    (error instanceof Error && /CALENDAR ((?:day|week|month|year)\/\S+) (\d+) ?(\d*)/.exec(error.message)) || []
  if (name === undefined) return undefined
  const calendar = calendarIn(calendars, name as CalendarName)
  if (moment !== undefined && moment !== '') calendar.moments.push(Number(moment))
  return Number(nowUs)
}

/** The lines of calendars in the first argument of a script: when their windows around `now` begin, and how far away the moments are. */
export function calendarLines(calendars: Calendars, now: Micros): string {
  let lines = ''
  for (const [name, { back, moments }] of calendars) {
    const slash = name.indexOf('/')
    const rule = { period: name.slice(0, slash) as CalendarPeriod, timeZone: name.slice(slash + 1) }
    const starts = windowsAround(rule, now, back)
    const [first, last] = [starts[0]!, starts.at(-1)!]
    const distance = (moment: Micros): number => (moment < first ? windowsBegun(rule, moment, first) : windowsBegun(rule, last, moment))
    const distances = moments.map((moment) => `;${moment}=${distance(moment)}`)
    lines += `\n${name} ${starts.map((start) => start.toString(36)).join()}${distances.join('')}`
  }
  return lines
}
