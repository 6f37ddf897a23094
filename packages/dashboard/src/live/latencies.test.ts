import { expect, test } from 'vitest'
import { latencies, quantileMs } from './latencies.ts'

test('quantiles are right to a quarter, and are those of the last minute', () => {
  const calls = latencies()
  expect(quantileMs(calls.counts(0), 0.5)).toBeNull()
  for (let i = 1; i <= 99; i++) calls.add(1, 0)
  calls.add(200, 0)
  calls.add(1e9, 0)
  const counts = calls.counts(59_999)
  expect(quantileMs(counts, 0.5)).toBeGreaterThanOrEqual(1)
  expect(quantileMs(counts, 0.5)).toBeLessThan(1.25)
  expect(quantileMs(counts, 0.99)).toBeGreaterThanOrEqual(200)
  expect(quantileMs(counts, 0.99)).toBeLessThan(250)
  expect(quantileMs(calls.counts(60_000), 0.5)).toBeNull()
})
