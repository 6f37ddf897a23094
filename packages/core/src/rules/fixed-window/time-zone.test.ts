import { describe, expect, test } from 'vitest'
import { startOfDate, timeZoneNamed } from './time-zone.ts'

/** The first moment of a date, as ISO text in UTC. */
function start(zone: string, date: string): string {
  return new Date(startOfDate(timeZoneNamed(zone), Date.parse(`${date}T00:00:00Z`))).toISOString()
}

describe('a date begins', () => {
  test.each([
    ['at midnight', 'Asia/Seoul', '2026-03-01', '2026-02-28T15:00:00.000Z'],
    ['at midnight of half an hour', 'Asia/Kolkata', '2026-03-01', '2026-02-28T18:30:00.000Z'],
    ['at midnight before the clocks go forward', 'Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z'],
    ['at midnight after they went forward', 'Europe/Berlin', '2026-03-30', '2026-03-29T22:00:00.000Z'],
    ['at midnight before they go back', 'Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z'],
    ['at one, where the clocks leap from midnight to one', 'Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00.000Z'],
    ['at one, where they leap at the date line of summer', 'Asia/Beirut', '2026-03-29', '2026-03-28T22:00:00.000Z'],
    ['at the first of two midnights', 'America/Havana', '2026-11-01', '2026-11-01T04:00:00.000Z'],
    ['when the date is first shown, where the clocks go back over midnight', 'America/St_Johns', '2010-11-07', '2010-11-07T02:30:00.000Z'],
    ['within a leap of half an hour', 'Australia/Lord_Howe', '2026-10-04', '2026-10-03T13:30:00.000Z'],
    ['with the next, where a zone left it out', 'Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z'],
    ['where it is the next of a left out one', 'Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00.000Z'],
    ['fourteen hours before UTC', 'Pacific/Kiritimati', '2026-01-01', '2025-12-31T10:00:00.000Z'],
    ['eleven hours after UTC', 'Pacific/Pago_Pago', '2026-01-01', '2026-01-01T11:00:00.000Z'],
  ])('%s', (_, zone, date, moment) => {
    expect(start(zone, date)).toBe(moment)
  })
})

test('a date whose midnight was leapt over from before begins with the end of the leap', () => {
  // Clocks leapt from half past eleven on the 30th to half past midnight on the 31st.
  expect(start('America/Toronto', '1919-03-31')).toBe('1919-03-31T04:30:00.000Z')
})

test.each([['Mars/Olympus'], [''], [undefined], [null], [3]])('%j is no time zone', (name) => {
  expect(() => timeZoneNamed(name)).toThrow(expect.objectContaining({ code: 'SLUICE_TIME_ZONE' }))
})
