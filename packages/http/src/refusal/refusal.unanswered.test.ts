import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchForAnswer } from './refusal.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('an answer at once is not waited for', () => {
  watchForAnswer(() => true)
  expect(vi.getTimerCount()).toBe(0)
})

test('five seconds without an answer are warned of, once', () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  let answered = false
  watchForAnswer(() => answered)
  answered = true
  vi.advanceTimersByTime(5000)
  expect(warned).not.toHaveBeenCalled()
  answered = false
  for (let i = 0; i < 2; i++) watchForAnswer(() => answered)
  vi.advanceTimersByTime(4999)
  expect(warned).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(warned).toHaveBeenCalledExactlyOnceWith(expect.any(String), expect.objectContaining({ code: 'SLUICE_UNANSWERED' }))
})
