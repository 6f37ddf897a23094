/** Deadlines that all lie equally far ahead, and the time that functions of the application have: a later answer is a fault, and is ignored. */

import { type Clock, systemClock } from './clock.ts'
import { SLUICE_FUNCTION_TIMEOUT } from './errors.ts'
import { type Duration, parseDuration } from './options.ts'
import { type Facts, SluiceError } from './sluice-error.ts'
import { wholeNumber } from './whole-number.ts'

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
export function functionTimeoutMs(value: unknown = defaultFunctionTimeout, option: string = 'functionTimeout'): number {
  return wholeNumber(parseDuration(value, option), option, 1, longestMs)
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

/** The time that one answer has. */
export interface Deadline {
  /** Whether the time is not over yet. After that, `missed` is not called any more. */
  meet(): boolean
}

/** Deadlines of one length. */
export interface Deadlines {
  /** @param missed - called when the time is over, unless the deadline was met */
  start(missed: () => void): Deadline
  /** Ends those whose time is over by the clock, without waiting for the timer. */
  endPassed(): void
}

/** What the timer of deadlines does to the process. */
export interface TimerOptions {
  /** `true`: the timer never keeps the process alive, and is cleared as soon as no deadline is open. @default false */
  readonly background?: boolean | undefined
}

interface Entry extends Deadline {
  readonly atMs: number
  readonly missed: () => void
}

/** Deadlines of `timeoutMs`. The timer keeps a process alive only while a deadline is open, and in the background never. */
export function deadlines(timeoutMs: number, clock: Clock, { background = false }: TimerOptions = {}): Deadlines {
  // In the order in which they were started, which is that in which they pass.
  const waiting = new Set<Entry>()
  const timer = oneTimer(expire, background)

  function expire(): void {
    endPassed()
    const next = waiting.values().next()
    if (!next.done && !timer.isSet()) timer.start(next.value.atMs - clock.nowMs())
  }

  function endPassed(): void {
    const nowMs = clock.nowMs()
    const passed: Entry[] = []
    for (const entry of waiting) {
      if (entry.atMs > nowMs) break
      passed.push(entry)
    }
    for (const entry of passed) waiting.delete(entry)
    if (waiting.size === 0) timer.rest()
    for (const entry of passed) entry.missed()
  }

  function meet(entry: Entry): boolean {
    const inTime = waiting.delete(entry)
    if (waiting.size === 0) timer.rest()
    return inTime
  }

  return {
    start(missed) {
      const entry: Entry = { atMs: clock.nowMs() + timeoutMs, missed, meet: () => meet(entry) }
      waiting.add(entry)
      if (!timer.isSet()) timer.start(timeoutMs)
      else if (waiting.size === 1) timer.keepAlive()
      return entry
    },
    endPassed,
  }
}

interface Timer {
  ref?(): void
  unref?(): void
}
interface Host {
  /** Numbers in browsers and workers, which have no processes to keep alive. */
  setTimeout(run: () => void, ms: number): Timer
  clearTimeout(timer: Timer): void
}
const host = globalThis as unknown as Host

interface OneTimer {
  isSet(): boolean
  start(ms: number): void
  /** From now on the timer keeps the process alive, unless it is in the background. */
  keepAlive(): void
  /** No deadline is open. */
  rest(): void
}

function oneTimer(run: () => void, background: boolean): OneTimer {
  let timer: Timer | undefined

  function set(next: () => void, ms: number): void {
    timer = host.setTimeout(next, ms)
    if (background) timer.unref?.()
  }

  function fire(): void {
    timer = undefined
    run()
  }

  return {
    isSet: () => timer !== undefined,
    start(ms) {
      // A process that was busy finds its timers due before it reads what has arrived: answers get one more turn to be read.
      set(() => set(fire, 0), Math.max(0, ms))
    },
    keepAlive() {
      if (!background) timer?.ref?.()
    },
    rest() {
      if (timer === undefined) return
      // A store is asked again and again, so that its timer is kept. Functions are mostly not waited for.
      if (!background) return timer.unref?.()
      host.clearTimeout(timer)
      timer = undefined
    },
  }
}
