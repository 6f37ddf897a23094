/** The time that functions of the application have: an answer that comes later is a fault, and is ignored. */

import { systemClock } from './clock.ts'
import { type Duration, parseDuration } from './duration.ts'
import { SLUICE_FUNCTION_TIMEOUT } from './errors.ts'
import { deadlines } from './outage/deadlines.ts'
import { wholeNumber } from './rules/whole-number.ts'
import { type Facts, SluiceError } from './sluice-error.ts'

/** Bounds the answers of functions. One timer serves all answers that are awaited; it keeps no process alive. */
export interface FunctionTime {
  /**
   * The answer if it comes in time.
   *
   * Ask it only for an answer that is not there yet: a function that answers at once needs no timer. What the function answers, or
   * rejects with, after the time is ignored.
   * @param facts - `function`, and `name` where it belongs to a limit
   * @param failed - turns what the function rejected with into an answer or an error
   * @throws SluiceError `SLUICE_FUNCTION_TIMEOUT` when the time is over
   */
  within<T>(answer: PromiseLike<T>, facts: Facts, failed?: (cause: unknown) => T): Promise<T>
}

export const defaultFunctionTimeout: Duration = '5s'
const longestMs = 600_000

/** Milliseconds of a `functionTimeout`. @throws SluiceError `SLUICE_DURATION`, `SLUICE_WHOLE_NUMBER` unless it is from 1 ms to 10 minutes */
export function functionTimeoutMs(value: unknown, option: string = 'functionTimeout'): number {
  return wholeNumber(parseDuration(value ?? defaultFunctionTimeout, option), option, 1, longestMs)
}

/** Bounds answers by a `functionTimeout`. @throws SluiceError `SLUICE_DURATION`, `SLUICE_WHOLE_NUMBER` unless it is from 1 ms to 10 minutes */
export function functionTime(value?: Duration): FunctionTime {
  const timeoutMs = functionTimeoutMs(value)
  const open = deadlines(timeoutMs, systemClock(), { background: true })
  return {
    within: (answer, facts, failed) =>
      new Promise((resolve, reject) => {
        const deadline = open.start(() => reject(new SluiceError(SLUICE_FUNCTION_TIMEOUT, { ...facts, timeoutMs })))
        // A query builder may be a thenable and no more than that.
        Promise.resolve(answer).then(
          (value) => void (deadline.meet() && resolve(value)),
          (cause: unknown) => {
            if (!deadline.meet()) return
            if (failed === undefined) reject(cause)
            else settle(() => failed(cause), resolve, reject)
          },
        )
      }),
  }
}

function settle<T>(answer: () => T, resolve: (value: T) => void, reject: (cause: unknown) => void): void {
  try {
    resolve(answer())
  } catch (cause) {
    reject(cause)
  }
}
