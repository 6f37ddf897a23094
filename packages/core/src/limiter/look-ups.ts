/** Look-ups in flight: one for all who wait for a key, bounded in number and time, and fewer and fewer for a key that fails. */

import type { Clock } from '../clock.ts'
import { type Deadlines, deadlines } from '../deadlines.ts'
import { SLUICE_FUNCTION_TIMEOUT, SLUICE_LOOKUPS } from '../errors.ts'
import { isPromise, type MaybePromise } from '../maybe-promise.ts'
import { SluiceError } from '../sluice-error.ts'

/** The first pause of a failing key, doubled by each further failure, and the longest one. */
const firstPauseMs = 100
const longestPauseMs = 10_000
/** A look-up without an answer for so long is started once more. */
const againAfterMs = 1000

/** Bounds of look-ups. */
export interface LookUpBounds {
  /** Failing keys that are remembered. */
  readonly max: number
  /** Look-ups without an answer at once. */
  readonly inFlight: number
  readonly timeoutMs: number
  readonly clock: Clock
}

/** Look-ups by key. */
export interface LookUps<K, V> {
  /** The answer of a new look-up, or of the one in flight. @throws what the look-up failed with, or `SLUICE_LOOKUPS` */
  start(key: K): MaybePromise<V>
  /** Forgets the failures of a key. What is in flight answers those who wait for it, and is not remembered. */
  forget(key: K): void
}

/** What those who wait for one key wait for. */
interface Flight<V> {
  readonly promise: Promise<V>
  readonly resolve: (value: V) => void
  readonly reject: (cause: unknown) => void
  readonly startedMs: number
  /** Attempts without an answer. */
  open: number
  startedAgain: boolean
  landed: boolean
}

interface Failure {
  readonly cause: unknown
  readonly times: number
  readonly untilMs: number
  /** Whether it came as a rejection, so that it is told as one again. */
  readonly isLate: boolean
}

interface State<K, V> {
  readonly load: (key: K) => MaybePromise<V>
  readonly remember: (key: K, value: V) => void
  readonly bounds: LookUpBounds
  readonly flights: Map<K, Flight<V>>
  readonly failures: Map<K, Failure>
  readonly open: Deadlines
  /** Attempts without an answer, of all keys. */
  loading: number
}

/** How a flight ends. */
type End<V> = { readonly value: V } | { readonly cause: unknown; readonly atMs: number }

/** @param remember - told of every answer that came in time */
export function lookUps<K, V>(
  load: (key: K) => MaybePromise<V>,
  remember: (key: K, value: V) => void,
  bounds: LookUpBounds,
): LookUps<K, V> {
  const open = deadlines(bounds.timeoutMs, bounds.clock, { background: true })
  const state: State<K, V> = { load, remember, bounds, flights: new Map(), failures: new Map(), open, loading: 0 }
  return {
    start: (key) => start(state, key),
    forget(key) {
      state.flights.delete(key)
      state.failures.delete(key)
    },
  }
}

function start<K, V>(state: State<K, V>, key: K): MaybePromise<V> {
  const { flights, failures, bounds } = state
  const { clock, inFlight } = bounds
  state.open.endPassed()
  const flight = flights.get(key)
  const nowMs = clock.nowMs()
  if (flight !== undefined) {
    if (!flight.startedAgain && nowMs - flight.startedMs >= againAfterMs && state.loading < inFlight) startAgain(state, key, flight)
    return flight.promise
  }
  const failure = failures.get(key)
  if (failure !== undefined && nowMs < failure.untilMs) {
    if (failure.isLate) return Promise.reject(failure.cause)
    throw failure.cause
  }
  if (state.loading >= inFlight) return Promise.reject(new SluiceError(SLUICE_LOOKUPS, { inFlight }))
  return startFirst(state, key)
}

function startFirst<K, V>(state: State<K, V>, key: K): MaybePromise<V> {
  const { load, flights, bounds } = state
  let answer: MaybePromise<V>
  try {
    answer = load(key)
  } catch (cause) {
    failed(state, key, { cause, isLate: false, atMs: bounds.clock.nowMs() })
    throw cause
  }
  if (!isPromise(answer)) return answered(state, key, answer)
  const flight = newFlight<V>(bounds.clock.nowMs())
  flights.set(key, flight)
  follow(state, key, flight, answer)
  return flight.promise
}

/** What fails at once ends nothing: the first attempt may yet answer. */
function startAgain<K, V>(state: State<K, V>, key: K, flight: Flight<V>): void {
  const { load } = state
  flight.startedAgain = true
  try {
    const answer = load(key)
    if (isPromise(answer)) follow(state, key, flight, answer)
    else land(state, key, flight, { value: answer })
  } catch {
    // The first attempt has an end of its own.
  }
}

/** Waits for the answer of one attempt, until its deadline. */
function follow<K, V>(state: State<K, V>, key: K, flight: Flight<V>, answer: PromiseLike<V>): void {
  const { clock, timeoutMs } = state.bounds
  state.loading++
  flight.open++
  const close = (): void => {
    state.loading--
    flight.open--
  }
  const endMs = clock.nowMs() + timeoutMs
  const deadline = state.open.start(() => {
    close()
    // It failed when its time was over, however much later that is seen.
    land(state, key, flight, { cause: new SluiceError(SLUICE_FUNCTION_TIMEOUT, { function: 'load', timeoutMs }), atMs: endMs })
  })
  // A query builder may be a thenable and no more than that.
  Promise.resolve(answer).then(
    (value) => {
      if (!deadline.meet()) return
      close()
      land(state, key, flight, { value })
    },
    (cause: unknown) => {
      if (!deadline.meet()) return
      close()
      if (flight.open === 0) land(state, key, flight, { cause, atMs: clock.nowMs() })
    },
  )
}

/** Ends a flight once. One whose key was forgotten meanwhile leaves nothing behind. */
function land<K, V>(state: State<K, V>, key: K, flight: Flight<V>, end: End<V>): void {
  if (flight.landed) return
  flight.landed = true
  const isCurrent = state.flights.get(key) === flight
  if (isCurrent) state.flights.delete(key)
  if ('value' in end) {
    if (isCurrent) answered(state, key, end.value)
    flight.resolve(end.value)
  } else {
    if (isCurrent) failed(state, key, { cause: end.cause, isLate: true, atMs: end.atMs })
    flight.reject(end.cause)
  }
}

function answered<K, V>({ failures, remember }: State<K, V>, key: K, value: V): V {
  failures.delete(key)
  remember(key, value)
  return value
}

function failed<K, V>(
  { failures, bounds }: State<K, V>,
  key: K,
  { cause, isLate, atMs }: Pick<Failure, 'cause' | 'isLate'> & { readonly atMs: number },
): void {
  const times = (failures.get(key)?.times ?? 0) + 1
  const pauseMs = Math.min(firstPauseMs * 2 ** (times - 1), longestPauseMs)
  putNewest(failures, key, { cause, times, untilMs: atMs + pauseMs, isLate }, bounds.max)
}

function newFlight<V>(startedMs: number): Flight<V> {
  let resolve!: (value: V) => void
  let reject!: (cause: unknown) => void
  const promise = new Promise<V>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject, startedMs, open: 0, startedAgain: false, landed: false }
}

/** Sets an entry as the newest of at most `max`. */
export function putNewest<K, T>(entries: Map<K, T>, key: K, entry: T, max: number): void {
  entries.delete(key)
  if (entries.size >= max) for (const oldest of entries.keys()) if (entries.delete(oldest)) break
  entries.set(key, entry)
}
