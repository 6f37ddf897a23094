import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationText } from './durations.ts'

test.each([
  [0, 'now', '0 seconds'],
  [1, 'in 1 second', '1 second'],
  [23_400, 'in 24 seconds', '24 seconds'],
  [119_000, 'in 119 seconds', '119 seconds'],
  [119_001, 'in 2 minutes', '2 minutes'],
  [7_140_001, 'in 120 minutes', '120 minutes'],
  [7_200_000, 'in 2 hours', '2 hours'],
  [86_400_000, 'in 24 hours', '24 hours'],
  [172_800_001, 'in 3 days', '3 days'],
])('%i ms are "%s" and "%s"', (ms, when, long) => {
  expect([durationText(ms, 'when', 'en'), durationText(ms, 'long', 'en')]).toEqual([when, long])
})

test('other languages have their own words', () => {
  expect(['de', 'ko'].map((language) => durationText(172_800_001, 'when', language))).toEqual(['in 3 Tagen', '3일 후'])
})

test('no wait is ever said to be shorter than it is', () => {
  const unitMs: Readonly<Record<string, number>> = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 }
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e11, noNaN: true }), (ms) => {
      const [, count, unit] = /^([\d,]+) (second|minute|hour|day)s?$/.exec(durationText(ms, 'long', 'en'))!
      return Number(count!.replaceAll(',', '')) * unitMs[unit!]! >= ms
    }),
  )
})
