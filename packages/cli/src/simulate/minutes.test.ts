import fc from 'fast-check'
import { expect, test } from 'vitest'
import { minutes } from './minutes.ts'

test('counts each minute of the clock', () => {
  const counts = minutes(2)
  for (const [time, thing] of [
    [90_000, 0],
    [119_999, 0],
    [120_000, 1],
    [300_000, 0],
  ] as const)
    counts.add(time, thing)
  expect([counts.fromMs, counts.stepMs, counts.of(0), counts.of(1)]).toEqual([60_000, 60_000, [2, 0, 0, 0, 1], [0, 1, 0, 0, 0]])
})

test('counts a longer log in longer steps, none lost and at most 31 days of minutes', () => {
  const day = 1440
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 40 * day }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 0, max: 3 * day }),
      (gaps, start) => {
        const counts = minutes(1)
        let minute = start
        const times = gaps.map((gap) => {
          minute += gap
          counts.add(minute * 60_000, 0)
          return minute * 60_000
        })
        const { fromMs, stepMs } = counts
        const steps = counts.of(0)
        expect(steps.length).toBeLessThanOrEqual(31 * day)
        expect(fromMs % stepMs).toBe(0)
        expect(steps.reduce((sum, count) => sum + count, 0)).toBe(gaps.length)
        for (const time of times) expect(steps[Math.floor((time - fromMs) / stepMs)]).toBeGreaterThan(0)
      },
    ),
    { numRuns: 50 },
  )
})
