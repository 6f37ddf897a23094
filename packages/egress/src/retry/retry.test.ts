import fc from 'fast-check'
import { expect, test } from 'vitest'
import { retryDelayMs } from './backoff.ts'
import { clientThrottle } from './client-throttle.ts'
import { retryBudget } from './retry-budget.ts'

const unit = fc.double({ min: 0, max: 1, noNaN: true })

test('the wait is random up to a bound that doubles, and ends at the cap', () => {
  expect([1, 2].map((failed) => retryDelayMs({}, failed, undefined, 1e9, 1))).toEqual([500, 1000])
  expect(retryDelayMs({ attempts: 10 }, 9, undefined, 1e9, 1)).toBe(20_000)
  expect(retryDelayMs({}, 1, undefined, 1e9, 0)).toBe(0)
})

test('no retry comes before Retry-After, or after more than it and a share of it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60_000 }), unit, (retryAfterMs, random) => {
      const delayMs = retryDelayMs({}, 1, retryAfterMs, 1e9, random)!
      expect(delayMs).toBeGreaterThanOrEqual(retryAfterMs)
      expect(delayMs).toBeLessThanOrEqual(retryAfterMs + 1000)
    }),
  )
})

test.each([
  ['three attempts', {}, 3, undefined, 1e9],
  ['a wait above a minute', {}, 1, 60_001, 1e9],
  ['a wait beyond the deadline', {}, 1, 5000, 4999],
])('gives up after %s', (_, options, failed, retryAfterMs, leftMs) => {
  expect(retryDelayMs(options, failed, retryAfterMs, leftMs, 0.5)).toBeUndefined()
})

test('five failures stop retries, and ten successes allow one more', () => {
  const budget = retryBudget()
  for (let i = 0; i < 4; i++) budget.failed()
  expect(budget.allows()).toBe(true)
  budget.failed()
  expect(budget.allows()).toBe(false)
  budget.succeeded()
  expect(budget.allows()).toBe(true)
  for (let i = 0; i < 1000; i++) budget.succeeded()
  for (let i = 0; i < 5; i++) budget.failed()
  expect(budget.allows()).toBe(false)
})

test('a provider that takes half of the calls is not throttled; one that takes none is, and is tried again after two minutes', () => {
  let nowMs = 0
  const throttle = clientThrottle({ nowMs: () => nowMs })
  for (let i = 0; i < 100; i++) {
    expect(throttle.admits(0)).toBe(true)
    throttle.answered(i % 2 === 0)
  }
  for (let i = 0; i < 100; i++) throttle.answered(false)
  expect(throttle.admits(0.49)).toBe(false)
  expect(throttle.admits(0.52)).toBe(true)
  nowMs = 130_000
  expect(throttle.admits(0)).toBe(true)
})

test('calls that were not sent say nothing of a provider, except those that were dropped for its failures', () => {
  const throttle = clientThrottle({ nowMs: () => 0 })
  for (let i = 0; i < 1000; i++) expect(throttle.admits(0)).toBe(true)
  for (let i = 0; i < 99; i++) throttle.answered(false)
  expect(throttle.admits(0.98)).toBe(false)
  expect(throttle.admits(0.985)).toBe(false)
})
