import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exhausted, impossible, limited, unavailable } from '../../test/decisions.ts'
import { retryAfterMs, retryAfterSeconds } from './header-line.ts'

test.each([
  [0, 1],
  [0.2, 1],
  [1, 1],
  [1000, 1],
  [1001, 2],
  [59_999, 60],
  [31_622_400_000, 31_622_400],
])('a wait of %d ms is Retry-After: %d', (waitMs, seconds) => {
  expect(retryAfterSeconds(limited(exhausted('ip', waitMs)))).toBe(seconds)
  expect(retryAfterSeconds(unavailable(waitMs))).toBe(seconds)
})

test('an impossible cost has none, since no wait helps', () => {
  const never = impossible(exhausted('ip', null))
  expect(retryAfterSeconds(never)).toBeNull()
  expect(retryAfterMs(never)).toBeNull()
})

test.each([
  [0, 1],
  [0.2, 1],
  [700, 700],
  [700.1, 701],
])('a wait of %d ms is retry-after-ms: %d', (waitMs, written) => {
  expect(retryAfterMs(limited(exhausted('ip', waitMs)))).toBe(written)
})

test('every wait is written in digits alone, at least 1 and never before the time', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, noNaN: true }), (waitMs) => {
      const seconds = retryAfterSeconds(unavailable(waitMs))
      expect(String(seconds)).toMatch(/^[1-9]\d*$/)
      if (waitMs < Number.MAX_SAFE_INTEGER) expect(seconds! * 1000).toBeGreaterThanOrEqual(waitMs)
    }),
  )
})
