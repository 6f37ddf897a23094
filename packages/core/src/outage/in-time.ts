/** Asking a store that may not answer: within a bound, and while it is away only now and then. */

import type { Clock } from '../clock.ts'
import { type Deadlines, deadlines } from '../deadlines.ts'
import { SLUICE_STORE_LATE } from '../errors.ts'
import type { CallReport } from '../limiter-event.ts'
import { isPromise, type MaybePromise } from '../maybe-promise.ts'
import { SluiceError } from '../sluice-error.ts'
import { storeError } from '../store.ts'
import { type Breaker, type BreakerEvents, breaker, type Permit } from './breaker.ts'

/** Questions to one store. */
export interface InTime {
  /** Begins an outage at once: it is known without any call that the store cannot answer. */
  failed(cause: unknown): void
  /**
   * The answer if it comes in time, else that of `fallback`.
   * @param question - gets a function that says whether the caller still waits for the answer
   * @param onLate - gets an answer that came after that
   * @param report - gets how long the store took, unless it answered at once
   */
  ask<T>(
    question: (isAwaited: () => boolean) => MaybePromise<T>,
    fallback: (error: SluiceError) => T,
    onLate: (answer: T) => void,
    report?: CallReport,
  ): MaybePromise<T>
  /** The answer if it comes in time, else an error. The store is asked even while it is away. */
  callOrThrow<T>(question: () => MaybePromise<T>): MaybePromise<T>
}

/** What the questions to one store share. */
interface Asker {
  readonly clock: Clock
  readonly gate: Breaker
  readonly answerTimes: Deadlines
  readonly timeoutMs: number
  /** Whether the store connects for the first time. */
  isConnecting(): boolean
  /** Whether a call comes while the first connection is made, and within `timeoutMs` of the first call. */
  isEarly(): boolean
}

/**
 * Asks with `timeoutMs` for each answer. If the store answers or throws synchronously, so does this.
 * @param isConnecting - whether the store connects for the first time. A call that is made meanwhile, within `timeoutMs` of the first call,
 * begins no outage if it fails
 */
export function inTime(timeoutMs: number, clock: Clock, events: BreakerEvents, isConnecting: () => boolean): InTime {
  const gate = breaker(clock, events)
  let firstCallMs: number | undefined
  const isEarly = (): boolean => {
    if (!isConnecting()) return false
    firstCallMs ??= clock.nowMs()
    return clock.nowMs() - firstCallMs < timeoutMs
  }
  const asker: Asker = { clock, gate, answerTimes: deadlines(timeoutMs, clock), timeoutMs, isConnecting, isEarly }
  return {
    failed: gate.open,
    ask: (question, fallback, onLate, report) => ask(asker, question, fallback, onLate, report),
    callOrThrow: (question) => callOrThrow(asker, question),
  }
}

function ask<T>(
  asker: Asker,
  question: (isAwaited: () => boolean) => MaybePromise<T>,
  fallback: (error: SluiceError) => T,
  onLate: (answer: T) => void,
  report: CallReport | undefined,
): MaybePromise<T> {
  const { gate, answerTimes, isConnecting, clock } = asker
  const early = asker.isEarly()
  const permit = gate.pass()
  if (permit === undefined) return fallback(storeError(gate.cause()))
  let isLate = false
  const startedMs = report === undefined ? 0 : clock.nowMs()
  try {
    const answer = question(() => !isLate)
    if (isPromise(answer)) {
      return beforeDeadline(answer, answerTimes, {
        answered(value) {
          gate.succeeded(permit)
          report?.ended?.(clock.nowMs() - startedMs, 'answered', value)
          return value
        },
        failed(cause) {
          // What the caller did wrong, and what was never sent, says nothing of the store.
          if (!isOfCaller(cause) && !isUnsent(cause)) report?.ended?.(clock.nowMs() - startedMs, 'failed')
          return afterFailure(gate, permit, cause, early && isConnecting(), fallback)
        },
        missed() {
          isLate = true
          report?.ended?.(clock.nowMs() - startedMs, 'late')
          return afterFailure(gate, permit, lateError(asker), early, fallback)
        },
        late: onLate,
      })
    }
    gate.succeeded(permit)
    return answer
  } catch (cause) {
    return afterFailure(gate, permit, cause, false, fallback)
  }
}

/**
 * What a failure means: an outage, a call that was never sent, or an error that is the caller's own and is thrown.
 * @param isExcused - whether it comes of a first connection that takes its time
 */
function afterFailure<T>(gate: Breaker, permit: Permit, cause: unknown, isExcused: boolean, fallback: (error: SluiceError) => T): T {
  const unsent = isUnsent(cause)
  if (isExcused || unsent || isOfCaller(cause)) gate.released(permit)
  else gate.failed(permit, cause)
  if (!unsent && isOfCaller(cause)) throw cause
  return fallback(storeError(cause))
}

function callOrThrow<T>(asker: Asker, question: () => MaybePromise<T>): MaybePromise<T> {
  const failed = (cause: unknown): never => {
    throw isOfCaller(cause) ? cause : storeError(cause)
  }
  try {
    const answer = question()
    if (!isPromise(answer)) return answer
    const missed = (): never => failed(lateError(asker))
    return beforeDeadline(answer, asker.answerTimes, { answered: (value) => value, failed, missed, late: ignore })
  } catch (cause) {
    return failed(cause)
  }
}

function lateError({ timeoutMs }: Asker): SluiceError {
  return new SluiceError(SLUICE_STORE_LATE, { timeoutMs })
}

/** What comes of a promise that has a deadline. The first three give the answer, or throw it. */
interface Outcomes<T> {
  answered(value: T): T
  failed(cause: unknown): T
  missed(): T
  late(value: T): void
}

function beforeDeadline<T>(answer: Promise<T>, answerTimes: Deadlines, outcomes: Outcomes<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => T): void => {
      try {
        resolve(outcome())
      } catch (error) {
        reject(error)
      }
    }
    const deadline = answerTimes.start(() => settle(outcomes.missed))
    answer.then(
      (value) => (deadline.meet() ? settle(() => outcomes.answered(value)) : outcomes.late(value)),
      (cause: unknown) => void (deadline.meet() && settle(() => outcomes.failed(cause))),
    )
  })
}

/** An error of sluice is of the caller's making, such as a call after close(). Only those whose code begins with SLUICE_STORE are the store's. */
function isOfCaller(error: unknown): boolean {
  return error instanceof SluiceError && !error.code.startsWith('SLUICE_STORE')
}

/** A store that was never asked has not failed: this process was too busy to ask it in time. */
function isUnsent(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'SLUICE_STORE_UNSENT'
}

function ignore(): void {}
