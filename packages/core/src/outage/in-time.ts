/** Asking a store that may not answer: within a bound, and while it is away only now and then. */

import type { Clock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import { isPromise, type MaybePromise } from '../maybe-promise.ts'
import { type BreakerEvents, breaker, type Passage } from './breaker.ts'
import { deadlines } from './deadlines.ts'

/** Questions to one store. */
export interface InTime {
  /**
   * The answer if it comes in time, else what `instead` says.
   * @param question - gets a function that says whether the caller still waits for the answer
   * @param onLate - gets an answer that came after that
   */
  ask<T>(
    question: (isAwaited: () => boolean) => MaybePromise<T>,
    instead: (error: SluiceError) => T,
    onLate: (answer: T) => void,
  ): MaybePromise<T>
  /** The answer if it comes in time, else an error; asked even while the store is away. */
  insist<T>(question: () => MaybePromise<T>): MaybePromise<T>
}

/** Asks with `timeoutMs` for each answer. A store that answers at once is answered for at once, also where it throws. */
export function inTime(timeoutMs: number, clock: Clock, events: BreakerEvents): InTime {
  const gate = breaker(clock, events)
  const limits = deadlines(timeoutMs, clock)

  /** What a failure means: an outage, a call that was never sent, or an error that is the caller's own and is thrown. */
  function settleFailure<T>(permit: Passage, cause: unknown, instead: (error: SluiceError) => T): T {
    const unsent = isUnsent(cause)
    if (unsent || isOfCaller(cause)) gate.spared(permit)
    else gate.failed(permit, cause)
    if (!unsent && isOfCaller(cause)) throw cause
    return instead(storeError(cause))
  }

  const ask: InTime['ask'] = (question, instead, onLate) => {
    const permit = gate.pass()
    if (permit === undefined) return instead(storeError(gate.cause()))
    let isLate = false
    try {
      const answer = question(() => !isLate)
      if (!isPromise(answer)) {
        gate.succeeded()
        return answer
      }
      return new Promise((resolve, reject) => {
        const fail = (cause: unknown): void => {
          try {
            resolve(settleFailure(permit, cause, instead))
          } catch (error) {
            reject(error)
          }
        }
        const deadline = limits.start(() => {
          isLate = true
          fail(new SluiceError('SLUICE_STORE_LATE', { timeoutMs }))
        })
        answer.then(
          (value) => {
            if (!deadline.meet()) return onLate(value)
            gate.succeeded()
            resolve(value)
          },
          (cause: unknown) => void (deadline.meet() && fail(cause)),
        )
      })
    } catch (cause) {
      return settleFailure(permit, cause, instead)
    }
  }

  function insist<T>(question: () => MaybePromise<T>): MaybePromise<T> {
    try {
      const answer = question()
      if (!isPromise(answer)) return answer
      return new Promise((resolve, reject) => {
        const deadline = limits.start(() => reject(storeError(new SluiceError('SLUICE_STORE_LATE', { timeoutMs }))))
        answer.then(
          (value) => void (deadline.meet() && resolve(value)),
          (cause: unknown) => void (deadline.meet() && reject(toThrow(cause))),
        )
      })
    } catch (cause) {
      throw toThrow(cause)
    }
  }

  return { ask, insist }
}

/** The error for a store that failed with this. */
export function storeError(cause: unknown): SluiceError {
  return cause instanceof SluiceError && cause.code === 'SLUICE_STORE' ? cause : new SluiceError('SLUICE_STORE', {}, { cause })
}

function toThrow(cause: unknown): unknown {
  return isOfCaller(cause) ? cause : storeError(cause)
}

/** Errors of ours are of the caller's making, such as a call after close(); only those that are named for it are the store's. */
function isOfCaller(error: unknown): boolean {
  return error instanceof SluiceError && !error.code.startsWith('SLUICE_STORE')
}

/** A store that was never asked has not failed: this process was too busy to ask it in time. */
function isUnsent(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'SLUICE_STORE_UNSENT'
}
