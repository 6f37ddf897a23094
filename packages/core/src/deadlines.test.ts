import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { deadlines } from './deadlines.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const clock = { nowMs: (): number => performance.now() }

test('tells of those that were not met, in their order and not before their time', () => {
  const limits = deadlines(100, clock)
  const missed: string[] = []
  limits.start(() => missed.push('a'))
  vi.advanceTimersByTime(60)
  limits.start(() => missed.push('b'))
  vi.advanceTimersByTime(39)
  expect(missed).toEqual([])
  vi.advanceTimersByTime(2)
  expect(missed).toEqual(['a'])
  vi.advanceTimersByTime(61)
  expect(missed).toEqual(['a', 'b'])
})

test('one that is met in time is met once, and is not told', () => {
  const limits = deadlines(100, clock)
  const missed = vi.fn()
  const deadline = limits.start(missed)
  expect([deadline.meet(), deadline.meet()]).toEqual([true, false])
  vi.advanceTimersByTime(1000)
  expect(missed).not.toHaveBeenCalled()
})

test('one that was missed cannot be met', () => {
  const deadline = deadlines(100, clock).start(() => {})
  vi.advanceTimersByTime(101)
  expect(deadline.meet()).toBe(false)
})

test('an answer that is there when a busy process comes to itself is in time', () => {
  const missed = vi.fn()
  const deadline = deadlines(100, clock).start(missed)
  // What arrived meanwhile is read right after the timers that are due.
  setTimeout(() => deadline.meet(), 100)
  vi.advanceTimersByTime(200)
  expect(missed).not.toHaveBeenCalled()
})

test('one timer serves all, and none is left when no answer is awaited', () => {
  const limits = deadlines(100, clock)
  for (let i = 0; i < 100; i++) limits.start(() => {}).meet()
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(200)
  expect(vi.getTimerCount()).toBe(0)
})

test('a deadline that was met keeps no process alive, and one that is awaited does', () => {
  const make = vi.spyOn(globalThis, 'setTimeout')
  const limits = deadlines(100, clock)
  const first = limits.start(() => {})
  const timer = make.mock.results[0]!.value
  expect(timer.hasRef()).toBe(true)
  first.meet()
  expect(timer.hasRef()).toBe(false)
  limits.start(() => {})
  expect(timer.hasRef()).toBe(true)
  vi.restoreAllMocks()
})
