/** Answers of the application to refused requests, by `onRefused`: each request gets one, ours where the application gives none. */
import type { Duration } from '@sluice/core'
import { functionTimeoutMs, isPromise, warnOnce } from '@sluice/core/internal'
import { SLUICE_UNANSWERED } from '../errors.ts'

/** How a framework is answered. */
export interface OwnAnswer {
  /** Whether the request has an answer, was handed on, or lost its client. */
  isAnswered(): boolean
  /** Uses what `onRefused` returned or fulfilled with, where the framework gives that a meaning. */
  take?(answer: unknown): void
  /** Sends the standard answer. */
  ours(): void
  /** Hands on what `onRefused` threw, and its fault of taking too long. It may have answered before. */
  fail(error: unknown): void
}

/** Calls `onRefused`, and sends the standard answer where it gives none. */
export type AnswerRefused = (onRefused: () => unknown, answer: OwnAnswer) => void

/** Time for an answer after the promise of `onRefused` was fulfilled, such as that of a file that is sent and not awaited. */
const graceMs = 1000

/**
 * @param inTime - bounds a late answer by the `functionTimeout`
 * @param functionTimeout - also the time for an answer by a callback, of a function that returns no promise
 */
export function answersRefused(
  inTime: <T>(answer: PromiseLike<T>, ours: () => T) => Promise<T>,
  functionTimeout: Duration | undefined,
): AnswerRefused {
  const timeoutMs = functionTimeoutMs(functionTimeout)

  return (onRefused, answer) => {
    const isOpen = (): boolean => !answer.isAnswered()
    const wait = (ms: number): void => {
      if (!isOpen()) return
      const timer = setTimeout(() => {
        if (!isOpen()) return
        warnOnce(SLUICE_UNANSWERED, { seconds: ms / 1000 })
        answer.ours()
      }, ms)
      // Only frameworks of Node have answers that come by a callback.
      ;(timer as unknown as { unref(): void }).unref()
    }
    const take = (value: unknown, ms: number): void => {
      if (isOpen()) answer.take?.(value)
      wait(ms)
    }
    const ours = (): void => {
      if (isOpen()) answer.ours()
    }
    const fail = (error: unknown): void => answer.fail(error)
    try {
      const value = onRefused()
      if (!isPromise(value)) take(value, timeoutMs)
      else
        inTime<unknown>(value, ours)
          .then((late) => take(late, Math.min(timeoutMs, graceMs)))
          .catch(fail)
    } catch (error) {
      fail(error)
    }
  }
}
