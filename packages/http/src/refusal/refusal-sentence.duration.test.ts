import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inWords } from './refusal-sentence.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

test.each([
  [0, '1 second'],
  [1, '1 second'],
  [1001, '2 seconds'],
  [30 * second, '30 seconds'],
  [minute - 1, '1 minute'],
  [minute, '1 minute'],
  [90 * second, '90 seconds'],
  [91 * second, '2 minutes'],
  [2 * minute, '2 minutes'],
  [hour, '1 hour'],
  [90 * minute, '90 minutes'],
  [90 * minute + 1, '1 hour 31 minutes'],
  [2 * hour, '2 hours'],
  [23 * hour + 1, '1 day'],
  [day, '1 day'],
  [day + 1, '1 day 1 hour'],
  [30 * day, '30 days'],
])('%d ms is "%s"', (waitMs, words) => {
  expect(inWords(waitMs)).toBe(words)
})

test('never says less than the wait, and never more by over a third and a second', () => {
  const lengths: Readonly<Record<string, number>> = { second, minute, hour, day }
  fc.assert(
    fc.property(fc.nat({ max: 366 * day }), (waitMs) => {
      const parts = [...inWords(waitMs).matchAll(/(\d+) (second|minute|hour|day)s?/g)]
      const partsMs = parts.reduce((sum, [, n, unit]) => sum + Number(n) * lengths[unit!]!, 0)
      expect(partsMs).toBeGreaterThanOrEqual(waitMs)
      expect(partsMs).toBeLessThanOrEqual((waitMs * 4) / 3 + second)
    }),
  )
})
