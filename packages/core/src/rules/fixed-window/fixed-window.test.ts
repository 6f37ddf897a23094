import { describe, expect, test } from 'vitest'
import { tokenBucket } from '../token-bucket/token-bucket.ts'
import { fixedWindow } from './fixed-window.ts'

test('windows since the epoch are an interval token bucket whose refill is its capacity', () => {
  expect(fixedWindow({ capacity: 5, per: '1m' })).toBe(tokenBucket({ capacity: 5, per: '1m', mode: 'interval' }))
  expect(fixedWindow({ capacity: 5, per: '1m', align: 'epoch' })).toBe(fixedWindow({ capacity: 5, per: 60_000 }))
})

test('windows from the first charge have their length', () => {
  expect(fixedWindow({ capacity: 5, per: '1m', align: 'first' })).toEqual({
    kind: 'first-window',
    capacity: 5,
    refill: 5,
    perMs: 60_000,
    rate: 5,
    scale: 1,
    periodUs: 60_000_000,
  })
})

test('who names a time zone reads which periods the calendar has', () => {
  const wrong = { capacity: 1, per: '1d', timeZone: 'UTC' } as unknown as Parameters<typeof fixedWindow>[0]
  expect(() => fixedWindow(wrong)).toThrow(/day.*week.*month.*year/)
})

test('windows of the calendar have a zone, and months have no length', () => {
  // A capacity that no other test has: equal rules are one object, and it may be made already.
  const day = fixedWindow({ capacity: 4711, per: 'day', timeZone: 'Asia/Seoul' })
  expect(day).toMatchObject({
    kind: 'calendar-window',
    period: 'day',
    timeZone: 'Asia/Seoul',
    perMs: 86_400_000,
    longestUs: 26 * 3_600_000_000,
  })
  expect(fixedWindow({ capacity: 4711, per: 'month', timeZone: 'Asia/Seoul' })).not.toHaveProperty('perMs')
  expect(fixedWindow({ capacity: 4711, per: 'day', timeZone: 'Asia/Seoul' })).toBe(day)
})

describe('refuses at the start', () => {
  test.each<[string, object | undefined, string, string?]>([
    ['a zone that does not exist', { capacity: 1, per: 'day', timeZone: 'Europe/Atlantis' }, 'SLUICE_TIME_ZONE'],
    ['a calendar without a zone', { capacity: 1, per: 'month' }, 'SLUICE_TIME_ZONE'],
    ['a zone where there is no calendar', { capacity: 1, per: '1d', timeZone: 'UTC' }, 'SLUICE_CHOICE', 'per'],
    [
      'an alignment of the calendar',
      { capacity: 1, per: 'day', timeZone: 'UTC', align: 'first' },
      'SLUICE_OPTION_UNKNOWN',
      'fixedWindow.align',
    ],
    ['another option', { capacity: 1, per: '1m', refill: 1 }, 'SLUICE_OPTION_UNKNOWN', 'fixedWindow.refill'],
    ['a period that is none', { capacity: 1, per: 'bogus' }, 'SLUICE_DURATION', 'per'],
    ['another alignment', { capacity: 1, per: '1m', align: 'last' }, 'SLUICE_CHOICE', 'align'],
    ['a negative capacity', { capacity: -1, per: '1m' }, 'SLUICE_WHOLE_NUMBER', 'capacity'],
    ['a calendar that holds nothing', { capacity: 0.5, per: 'week', timeZone: 'UTC' }, 'SLUICE_WHOLE_NUMBER', 'capacity'],
    ['another period', { capacity: 1, per: 'decade', timeZone: 'UTC' }, 'SLUICE_CHOICE', 'per'],
    ['no options', undefined, 'SLUICE_OPTION_TYPE', 'The options of fixedWindow'],
    ['no options of the calendar', { per: 'day', timeZone: 'UTC' }, 'SLUICE_WHOLE_NUMBER', 'capacity'],
  ])('%s', (_, options, code, option) => {
    expect(() => fixedWindow(options as never)).toThrow(
      expect.objectContaining({ code, facts: expect.objectContaining(option === undefined ? {} : { option }) }),
    )
  })
})
