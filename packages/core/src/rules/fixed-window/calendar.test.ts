import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CalendarPeriod, calendarPeriods, startOfNext, windowsAround, windowsBegun } from './calendar.ts'

const us = (iso: string): number => Date.parse(iso) * 1000
const iso = (at: number): string => new Date(at / 1000).toISOString().replace('.000Z', 'Z')

function windowAt(period: CalendarPeriod, timeZone: string, at: string): string[] {
  const starts = windowsAround({ period, timeZone }, us(at))
  const next = starts.findIndex((start) => start > us(at))
  return starts.slice(next - 1, next + 1).map(iso)
}

describe('the window around a moment is', () => {
  test.each([
    ['a day', 'day', 'Asia/Seoul', '2026-11-22T06:00:00Z', ['2026-11-21T15:00:00Z', '2026-11-22T15:00:00Z']],
    ['a day of 23 hours', 'day', 'America/New_York', '2026-03-08T12:00:00Z', ['2026-03-08T05:00:00Z', '2026-03-09T04:00:00Z']],
    ['a day of 25 hours', 'day', 'America/New_York', '2026-11-01T12:00:00Z', ['2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z']],
    ['a week from Monday', 'week', 'UTC', '2026-11-22T06:00:00Z', ['2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z']],
    ['a week of 167 hours', 'week', 'Europe/Berlin', '2026-03-25T12:00:00Z', ['2026-03-22T23:00:00Z', '2026-03-29T22:00:00Z']],
    ['a month', 'month', 'Europe/Berlin', '2026-10-10T00:00:00Z', ['2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z']],
    ['the February of a leap year', 'month', 'UTC', '2028-02-29T23:59:59Z', ['2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z']],
    [
      'a month over the turn of the year',
      'month',
      'Pacific/Auckland',
      '2026-12-31T12:00:00Z',
      ['2026-12-31T11:00:00Z', '2027-01-31T11:00:00Z'],
    ],
    ['a year', 'year', 'Asia/Seoul', '2026-12-31T14:59:59Z', ['2025-12-31T15:00:00Z', '2026-12-31T15:00:00Z']],
    ['a leap year', 'year', 'UTC', '2028-12-31T23:59:59Z', ['2028-01-01T00:00:00Z', '2029-01-01T00:00:00Z']],
    ['that of its first moment', 'day', 'UTC', '2026-11-22T00:00:00Z', ['2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z']],
    [
      'the day over a date that was left out',
      'day',
      'Pacific/Apia',
      '2011-12-30T09:59:59Z',
      ['2011-12-29T10:00:00Z', '2011-12-30T10:00:00Z'],
    ],
    [
      'the next day, once it was shown',
      'day',
      'America/St_Johns',
      '2010-11-07T03:00:00Z',
      ['2010-11-07T02:30:00Z', '2010-11-08T03:30:00Z'],
    ],
  ] as const)('%s', (_, period, zone, at, window) => {
    expect(windowAt(period, zone, at)).toEqual(window)
  })
})

const dateFormats = new Map<string, Intl.DateTimeFormat>()

function dateFormatOf(timeZone: string): Intl.DateTimeFormat {
  const format = dateFormats.get(timeZone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone })
  dateFormats.set(timeZone, format)
  return format
}

/** The window of a moment by what a calendar on the wall shows, told apart by name alone. */
function wallWindow(period: CalendarPeriod, timeZone: string, at: number): string {
  const date = dateFormatOf(timeZone).format(at / 1000)
  if (period === 'day') return date
  if (period === 'month') return date.slice(0, 7)
  if (period === 'year') return date.slice(0, 4)
  const sinceMonday = (new Date(date).getUTCDay() + 6) % 7
  return new Date(Date.parse(date) - sinceMonday * 86_400_000).toISOString()
}

// No zone has gone back over midnight since 2012; before that a wall could show yesterday after today.
const moments = fc.integer({ min: us('2012-01-01T00:00:00Z') / 1000, max: us('2038-01-01T00:00:00Z') / 1000 }).map((ms) => ms * 1000)
const periods = fc.constantFrom(...calendarPeriods)
const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'))

test('in every zone windows change when the wall shows another one, and not a millisecond before', () => {
  fc.assert(
    fc.property(periods, zones, moments, (period, timeZone, at) => {
      const starts = windowsAround({ period, timeZone }, at)
      const windowName = (moment: number): string => wallWindow(period, timeZone, moment)
      for (const start of starts) expect(windowName(start - 1000)).not.toBe(windowName(start))
      for (const [i, next] of starts.slice(1).entries()) expect(windowName(next - 1000)).toBe(windowName(starts[i]!))
    }),
    { numRuns: 100 },
  )
})

test('a list tells of two windows before the present one and of three after it', () => {
  fc.assert(
    fc.property(periods, zones, moments, (period, timeZone, at) => {
      const starts = windowsAround({ period, timeZone }, at)
      expect(starts.filter((start) => start <= at).length).toBeGreaterThanOrEqual(3)
      expect(starts.filter((start) => start > at).length).toBeGreaterThanOrEqual(3)
      expect(starts).toEqual([...starts].sort((a, b) => a - b))
    }),
    { numRuns: 50 },
  )
})

test('a list is made once for a window, whichever rule and store asks', () => {
  const [a, b] = [{ period: 'day', timeZone: 'Asia/Tokyo' } as const, { period: 'day', timeZone: 'Asia/Tokyo' } as const]
  const starts = windowsAround(a, us('2026-05-05T15:00:00Z'))
  expect(windowsAround(b, us('2026-05-06T14:59:59Z'))).toBe(starts)
  expect(windowsAround(a, us('2026-05-06T15:00:00Z'))).not.toBe(starts)
  expect(windowsAround(a, us('2026-05-05T15:00:00Z'))).toBe(starts)
})

/** The windows that a wall has shown from one moment to another, looked at so often that none is missed. */
function windowsOnWall(period: CalendarPeriod, timeZone: string, from: number, to: number): number {
  const names = new Set<string>()
  const lookUs = (period === 'day' ? 6 : 24) * 3_600_000_000
  for (let at = from; at < to; at += lookUs) names.add(wallWindow(period, timeZone, at))
  return names.add(wallWindow(period, timeZone, to)).size
}

const longestUs = { day: 93_600_000_000, week: 612_000_000_000, month: 2_685_600_000_000, year: 31_629_600_000_000 } as const

test('any number of windows is counted, and the nth begins, as a wall shows it', () => {
  const many = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 400 }))
  fc.assert(
    fc.property(periods, zones, moments, many, (period, timeZone, at, count) => {
      const nth = Math.ceil(count / { day: 1, week: 4, month: 16, year: 100 }[period])
      const start = startOfNext({ period, timeZone, longestUs: longestUs[period] }, nth, at)
      expect(windowsOnWall(period, timeZone, at, start)).toBe(nth + 1)
      expect(wallWindow(period, timeZone, start - 1000)).not.toBe(wallWindow(period, timeZone, start))
      expect([start - 1, start].map((to) => windowsBegun({ period, timeZone }, at, to))).toEqual([nth - 1, nth])
    }),
    { numRuns: 60 },
  )
})

test.each([
  ['Pacific/Apia', '2011-12-28T00:00:00Z', '2012-01-20T00:00:00Z'],
  ['Pacific/Kiritimati', '1994-12-30T00:00:00Z', '1995-01-20T00:00:00Z'],
  ['Pacific/Kwajalein', '1993-08-19T00:00:00Z', '1993-09-09T00:00:00Z'],
])('a date that %s left out, when it moved over the date line, has no window', (timeZone, from, to) => {
  const rule = { period: 'day', timeZone, longestUs: longestUs.day } as const
  const begun = windowsOnWall('day', timeZone, us(from), us(to)) - 1
  const dates = [from, to].map((at) => Date.parse(wallWindow('day', timeZone, us(at))) / 86_400_000)
  expect(begun).toBe(dates[1]! - dates[0]! - 1)
  expect(windowsBegun(rule, us(from), us(to))).toBe(begun)
  const start = startOfNext(rule, begun, us(from))
  expect([windowsBegun(rule, us(from), start - 1), windowsBegun(rule, us(from), start)]).toEqual([begun - 1, begun])
})

test('beyond the year 2250 windows are taken to be the longest, so that none begins early', () => {
  const rule = { period: 'month', timeZone: 'UTC', longestUs: longestUs.month } as const
  const at = us('2026-03-03T20:00:00Z')
  const known = startOfNext(rule, 12 * 224 - 2, at)
  expect(iso(known)).toBe('2250-01-01T00:00:00Z')
  expect(startOfNext(rule, 12 * 224 + 3, at)).toBe(known + 5 * longestUs.month)
})
