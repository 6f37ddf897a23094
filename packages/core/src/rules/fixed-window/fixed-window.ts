/** Fixed windows' numbers: how much one window holds, and where windows begin. */

import { checkOptions, type Duration, oneOf, parseDuration } from '../../options.ts'
import { wholeNumber } from '../../whole-number.ts'
import { type TokenBucketRule, tokenBucketOf } from '../token-bucket/token-bucket.ts'
import { type CalendarPeriod, calendarPeriods } from './calendar.ts'
import { type CalendarWindowRule, calendarWindowOf } from './calendar-window.ts'
import { type FirstWindowRule, firstWindowOf } from './first-window.ts'
import { timeZoneNamed } from './time-zone.ts'

/** Numbers of a {@link fixedWindow} of fixed length. */
export interface FixedWindowOptions {
  /** Units that one window holds. Whole, from 0: 0 refuses every cost as impossible. */
  readonly capacity: number
  /** The length of a window. */
  readonly per: Duration
  /**
   * Where windows begin. `epoch`: at whole lengths since the epoch, the same for every key. `first`: for each key with its first charge,
   * and again with the first charge after the window has ended. @default 'epoch'
   */
  readonly align?: 'epoch' | 'first' | undefined
}

/** Numbers of a {@link fixedWindow} of the calendar. */
export interface CalendarWindowOptions {
  /** Units that one window holds. Whole, from 0: 0 refuses every cost as impossible. */
  readonly capacity: number
  /** Windows are the days, weeks (from Monday), months or years of the time zone. */
  readonly per: CalendarPeriod
  /** IANA name. Days are as long as they are there: 23 or 25 hours when clocks change. */
  readonly timeZone: string
}

/**
 * At most `capacity` units in one window; the next one begins anew.
 *
 * Two windows meet: up to twice the capacity may pass within a short time around the boundary. Units above the capacity that were
 * charged in hindsight are taken from the windows after it.
 * @throws SluiceError `SLUICE_TIME_ZONE`, `SLUICE_WHOLE_NUMBER`, `SLUICE_DURATION`, `SLUICE_CHOICE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_RULE_TOO_LARGE`
 * @example
 * ```ts
 * fixedWindow({ capacity: 1000, per: '1h' }) // begins at each full hour
 * fixedWindow({ capacity: 5000, per: 'day', timeZone: 'Asia/Seoul' }) // begins at midnight in Seoul
 * ```
 */
export function fixedWindow(options: CalendarWindowOptions): CalendarWindowRule
export function fixedWindow(options: FixedWindowOptions & { readonly align: 'first' }): FirstWindowRule
export function fixedWindow(options: FixedWindowOptions & { readonly align?: 'epoch' | undefined }): TokenBucketRule
export function fixedWindow(options: FixedWindowOptions | CalendarWindowOptions): TokenBucketRule | FirstWindowRule | CalendarWindowRule
export function fixedWindow(options: FixedWindowOptions | CalendarWindowOptions): TokenBucketRule | FirstWindowRule | CalendarWindowRule {
  return isOfCalendar(options) ? ofCalendar(options) : ofFixedLength(options)
}

function isOfCalendar(options: FixedWindowOptions | CalendarWindowOptions): options is CalendarWindowOptions {
  return calendarPeriods.some((period) => period === options?.per)
}

function ofCalendar(options: CalendarWindowOptions): CalendarWindowRule {
  checkOptions(options, 'fixedWindow', ['capacity', 'per', 'timeZone'])
  const capacity = wholeNumber(options.capacity, 'capacity', 0)
  const { per: period, timeZone } = options
  timeZoneNamed(timeZone)
  return calendarWindowOf({ capacity, refill: capacity, period, timeZone }, { units: BigInt(Math.max(1, capacity)), ticks: 1n })
}

function ofFixedLength(options: FixedWindowOptions & { readonly timeZone?: unknown }): TokenBucketRule | FirstWindowRule {
  // '1d' is as long everywhere; who names a time zone means its days.
  if (options?.timeZone !== undefined) oneOf(options.per, 'per', calendarPeriods)
  checkOptions(options, 'fixedWindow', ['capacity', 'per', 'align'])
  const capacity = wholeNumber(options.capacity, 'capacity', 0)
  const perMs = parseDuration(options.per, 'per')
  const fromFirst = options.align !== undefined && oneOf(options.align, 'align', ['epoch', 'first']) === 'first'
  const rate = { units: BigInt(Math.max(1, capacity)), ticks: 1n }
  if (fromFirst) return firstWindowOf({ capacity, refill: capacity, perMs }, rate)
  // What comes back all at once, at whole periods since the epoch, and all of it, is an interval token bucket.
  return tokenBucketOf({ mode: 'interval', capacity, refill: capacity, perMs }, rate)
}
