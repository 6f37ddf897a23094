import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CalendarPeriod, windowsAround } from './calendar.ts'

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

/** The window of a moment by what a calendar on the wall shows, told apart by name alone. */
function wallWindow(period: CalendarPeriod, timeZone: string, at: number): string {
  const date = new Intl.DateTimeFormat('sv-SE', { timeZone }).format(at / 1000)
  if (period === 'day') return date
  if (period === 'month') return date.slice(0, 7)
  const weekday = new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'short' }).format(at / 1000)
  const sinceMonday = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(weekday)
  return new Date(Date.parse(date) - sinceMonday * 86_400_000).toISOString()
}

// No zone has gone back over midnight since 2012; before that a wall could show yesterday after today.
const moments = fc.integer({ min: us('2012-01-01T00:00:00Z') / 1000, max: us('2038-01-01T00:00:00Z') / 1000 }).map((ms) => ms * 1000)
const periods = fc.constantFrom<CalendarPeriod>('day', 'week', 'month')
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
