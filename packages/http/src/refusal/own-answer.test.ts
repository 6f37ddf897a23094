import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest'
import { answersRefused, type OwnAnswer } from './own-answer.ts'

const answerRefused = answersRefused(async (answer) => await answer, '2s')
let warned: MockInstance
beforeEach(() => {
  vi.useFakeTimers()
  warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
})
afterEach(() => void vi.useRealTimers())

function framework() {
  const seen = { isAnswered: false, ours: 0 }
  const answer: OwnAnswer = { isAnswered: () => seen.isAnswered, ours: () => void seen.ours++, fail: () => undefined }
  return { seen, answer }
}

test('an answer at once is not waited for', () => {
  const { seen, answer } = framework()
  answerRefused(() => (seen.isAnswered = true), answer)
  expect(vi.getTimerCount()).toBe(0)
})

test('an answer by a callback has the time of a function', () => {
  const { seen, answer } = framework()
  answerRefused(() => setTimeout(() => (seen.isAnswered = true), 1999), answer)
  vi.advanceTimersByTime(5000)
  expect([seen.ours, warned.mock.calls.length]).toEqual([0, 0])
})

test('where no answer can come, the standard one is sent at once, without a warning', async () => {
  for (const onRefused of [() => undefined, () => 7, async () => undefined]) {
    const { seen, answer } = framework()
    answerRefused(onRefused, { ...answer, mayComeLater: () => false })
    await vi.advanceTimersByTimeAsync(0)
    expect([seen.ours, vi.getTimerCount()]).toEqual([1, 0])
  }
  expect(warned).not.toHaveBeenCalled()
})

test('a timer that is returned is waited for', () => {
  const { seen, answer } = framework()
  answerRefused(() => setTimeout(() => (seen.isAnswered = true), 1999), { ...answer, mayComeLater: () => false })
  vi.advanceTimersByTime(5000)
  expect([seen.ours, seen.isAnswered]).toEqual([0, true])
})

test('without one the standard answer is sent, with a warning', async () => {
  for (const [onRefused, ms] of [
    [() => undefined, 2000],
    [async () => undefined, 1000],
  ] as const) {
    const { seen, answer } = framework()
    answerRefused(onRefused, answer)
    await vi.advanceTimersByTimeAsync(ms - 1)
    expect(seen.ours).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(seen.ours).toBe(1)
  }
  expect(warned.mock.calls.map((call) => (call[1] as { code?: string }).code)).toEqual(['SLUICE_UNANSWERED', 'SLUICE_UNANSWERED'])
})
