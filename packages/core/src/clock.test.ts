import { afterEach, expect, test, vi } from 'vitest'
import { clockOf, systemClock } from './clock.ts'
import { createLimiter } from './limiter/limiter.ts'
import { memoryStore } from './memory/memory-store.ts'
import { tokenBucket } from './rules/token-bucket/token-bucket.ts'

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

test.each([null, 5, {}, { nowMs: 5 }, Date])('%o is no clock', (clock) => {
  expect(() => clockOf(clock)).toThrow('SLUICE_OPTION_TYPE: clock must be a clock')
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, undefined, 'now', new Date(Number.NaN), 1e300])('%o is no time', (time) => {
  expect(() => clockOf({ nowMs: () => time })).toThrow('SLUICE_CLOCK: The `nowMs` of `clock` answered')
})

test('a clock that stops answering a time fails the call, and no bucket is charged at no time', () => {
  let time = 0
  const limiter = createLimiter<string>({
    store: memoryStore({ clock: { nowMs: () => time } }),
    limits: [{ name: 'user', by: (id) => id, rule: tokenBucket({ capacity: 2, per: '1m' }) }],
  })
  limiter.consume('ada')
  time = Number.NaN
  expect(() => limiter.consume('ada')).toThrow('SLUICE_CLOCK')
  time = 0
  expect([limiter.consume('ada').allowed, limiter.consume('ada').allowed]).toEqual([true, false])
})
