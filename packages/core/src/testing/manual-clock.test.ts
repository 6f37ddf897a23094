import fc from 'fast-check'
import { expect, test } from 'vitest'
import { manualClock } from './manual-clock.ts'

test('stands at the start of 2026 until it is moved', () => {
  const clock = manualClock()
  expect(clock.nowMs()).toBe(Date.UTC(2026, 0, 1))
  expect(clock.nowMs()).toBe(Date.UTC(2026, 0, 1))
})

test.each([
  [5, 1005],
  [0.25, 1000.25],
  ['2s', 3000],
  [-400, 600],
] as const)('advances by %j', (by, ms) => {
  const clock = manualClock(1000)
  clock.advance(by)
  expect(clock.nowMs()).toBe(ms)
})

test('goes back where a test puts it', () => {
  const clock = manualClock(1000)
  clock.setMs(12.5)
  expect(clock.nowMs()).toBe(12.5)
})

test('is seen exactly by a store that rounds down to whole microseconds', () => {
  const clock = manualClock()
  const latest = Date.UTC(2100, 0, 1) * 1000
  fc.assert(
    fc.property(fc.integer({ min: 0, max: latest }), (us) => {
      clock.setUs(us)
      expect(Math.floor(clock.nowMs() * 1000)).toBe(us)
    }),
    { numRuns: 10_000 },
  )
})
