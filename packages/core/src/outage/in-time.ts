/** Asking a store that may not answer: within a bound, and while it is away only now and then. */

import type { Clock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import { isPromise, type MaybePromise } from '../maybe-promise.ts'
import { type BreakerEvents, breaker } from './breaker.ts'
import { deadlines } from './deadlines.ts'

/** Questions to one store. */
export interface InTime {
  /**
   * The answer if it comes in time, else what `instead` says.
   * @param onLate - gets an answer that came after that
   */
  ask<T>(question: () => MaybePromise<T>, instead: (error: SluiceError) => T, onLate: (answer: T) => void): MaybePromise<T>
  /** The answer if it comes in time, else an error; asked even while the store is away. */
  insist<T>(question: () => MaybePromise<T>): MaybePromise<T>
}

/** Asks with `timeoutMs` for each answer. */
export function inTime(timeoutMs: number, clock: Clock, events: BreakerEvents): InTime {
  const gate = breaker(clock, events)
  const limits = deadlines(timeoutMs, clock)

  function ask<T>(question: () => MaybePromise<T>, instead: (error: SluiceError) => T, onLate: (answer: T) => void): MaybePromise<T> {
    const passage = gate.pass()
    if (passage === undefined) return instead(storeError(gate.cause()))
    const answer = attempt(question)
    if (!isPromise(answer)) {
      gate.succeeded()
      return answer
    }
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown): void => {
        gate.failed(passage, cause)
        resolve(instead(storeError(cause)))
      }
      const deadline = limits.start(() => fail(new SluiceError('SLUICE_STORE_LATE', { timeoutMs })))
      answer.then(
        (value) => {
          if (!deadline.meet()) return onLate(value)
          gate.succeeded()
          resolve(value)
        },
        (cause: unknown) => {
          if (!deadline.meet()) return
          const unsent = isUnsent(cause)
          if (!unsent && !isOfCaller(cause)) return fail(cause)
          gate.spared(passage)
          if (unsent) resolve(instead(storeError(cause)))
          else reject(cause)
        },
      )
    })
  }

  function insist<T>(question: () => MaybePromise<T>): MaybePromise<T> {
    const answer = attempt(question)
    if (!isPromise(answer)) return answer
    return new Promise((resolve, reject) => {
      const deadline = limits.start(() => reject(storeError(new SluiceError('SLUICE_STORE_LATE', { timeoutMs }))))
      answer.then(
        (value) => void (deadline.meet() && resolve(value)),
        (cause: unknown) => void (deadline.meet() && reject(isOfCaller(cause) ? cause : storeError(cause))),
      )
    })
  }

  return { ask, insist }
}

/** The error for a store that failed with this. */
export function storeError(cause: unknown): SluiceError {
  return cause instanceof SluiceError && cause.code === 'SLUICE_STORE' ? cause : new SluiceError('SLUICE_STORE', {}, { cause })
}

/** Errors of ours are of the caller's making, such as a call after close(); only those that are named for it are the store's. */
function isOfCaller(error: unknown): boolean {
  return error instanceof SluiceError && !error.code.startsWith('SLUICE_STORE')
}

/** A store that was never asked has not failed: this process was too busy to ask it in time. */
function isUnsent(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'SLUICE_STORE_UNSENT'
}

/** What is thrown at once is handled where what is thrown later is. */
function attempt<T>(question: () => MaybePromise<T>): MaybePromise<T> {
  try {
    return question()
  } catch (error) {
    return Promise.reject(error)
  }
}
