import { expect, test } from 'vitest'
import { durationMsIn, headerOf, retryAfterOf, untilEpochMsIn } from './response-headers.ts'

test.each([
  ['2', 2000],
  [' 1.5 ', 1500],
  ['Mon, 30 Nov 2026 10:00:07 GMT', 7000],
  ['2, 60', 60_000],
  ['-5', undefined],
  ['NaN', undefined],
  ['soon', undefined],
  ['99999999', undefined],
])('Retry-After %s is %s ms, and what is no wait is left out', (text, ms) => {
  const headers = new Headers({ 'retry-after': text, date: 'Mon, 30 Nov 2026 10:00:00 GMT' })
  expect(retryAfterOf(headerOf(headers), 0)).toBe(ms)
})

test('retry-after-ms comes before Retry-After, also as several lines', () => {
  expect(retryAfterOf(headerOf({ 'retry-after-ms': '700', 'retry-after': '1' }), 0)).toBe(700)
  expect(retryAfterOf(headerOf({ 'retry-after-ms': ['700', '800'] }), 0)).toBe(800)
})

test.each([
  ['12ms', 12],
  ['6s', 6000],
  ['1.35s', 1350],
  ['6m0s', 360_000],
  ['1h2m3s', 3_723_000],
  ['7', 7000],
  ['25h', undefined],
  ['1d', undefined],
  ['-3s', undefined],
  ['s', undefined],
])('a duration of %s is %s ms', (text, ms) => {
  expect(durationMsIn(text)).toBe(ms)
})

test('an instant is read by the Date of the response, and by this machine without one', () => {
  const dated = headerOf({ date: 'Mon, 30 Nov 2026 10:00:00 GMT' })
  const at = Date.parse('Mon, 30 Nov 2026 10:00:00 GMT') / 1000
  expect(untilEpochMsIn(String(at + 9), dated)).toBe(9000)
  expect(untilEpochMsIn(String(at - 1), dated)).toBe(0)
  expect(untilEpochMsIn(String(at - 60), dated)).toBeUndefined()
  expect(untilEpochMsIn(String(Math.ceil(Date.now() / 1000) + 60), headerOf({}))).toBeGreaterThan(59_000)
})
