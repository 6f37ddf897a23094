import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from './clock.ts'

afterEach(() => vi.restoreAllMocks())

test('starts as the wall clock and goes on as the monotonic one', () => {
  const wall = vi.spyOn(Date, 'now').mockReturnValue(1_000_000)
  const monotonic = vi.spyOn(performance, 'now').mockReturnValue(50)
  const clock = systemClock()
  expect(clock.nowMs()).toBe(1_000_000)
  monotonic.mockReturnValue(62.5)
  expect(clock.nowMs()).toBe(1_000_012.5)
  wall.mockReturnValue(10)
  expect(clock.nowMs()).toBe(1_000_012.5)
})

test('reads nothing before it is asked', () => {
  const wall = vi.spyOn(Date, 'now')
  const clock = systemClock()
  expect(wall).not.toHaveBeenCalled()
  clock.nowMs()
  clock.nowMs()
  expect(wall).toHaveBeenCalledOnce()
})
