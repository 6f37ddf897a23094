/** Look-ups with a memory: for rules and keys that live in a database. */

import { type Clock, clockOf } from '../clock.ts'
import { functionTimeoutMs } from '../deadlines.ts'
import { SLUICE_OPTION_TYPE } from '../errors.ts'
import type { KeyPart } from '../key.ts'
import { isPromise, type MaybePromise } from '../maybe-promise.ts'
import { checkOptions, type Duration, parseDuration } from '../options.ts'
import { SluiceError } from '../sluice-error.ts'
import { wholeNumber } from '../whole-number.ts'
import { lookUps, putNewest } from './look-ups.ts'

/** Options of {@link cached}. */
export interface CachedOptions {
  /** How long an answer is used without asking again. */
  readonly ttl: Duration
  /** Answers remembered at once; the oldest is forgotten first. Failing keys are remembered as many, beside them. Whole, from 1. */
  readonly max: number
  /** How long after `ttl` an answer is still used while a new one is fetched, and when fetching fails. @default the ttl */
  readonly stale?: Duration | undefined
  /**
   * Look-ups without an answer at once. A call that would start one more fails with `SLUICE_LOOKUPS`, unless an old answer serves.
   * Whole, from 1. @default max
   */
  readonly inFlight?: number | undefined
  /**
   * How long a look-up may take. Then those who wait for it get `SLUICE_FUNCTION_TIMEOUT`, its answer is ignored, and the key is looked up
   * again. From 1 ms to 10 minutes. @default '5s'
   */
  readonly functionTimeout?: Duration | undefined
  /** Where it takes its time from. @default the system's */
  readonly clock?: Clock | undefined
}

/** A look-up with a memory. */
export interface Cached<K extends KeyPart, V> {
  (key: K): MaybePromise<V>
  /** Forgets the answer and the failures of a key: the next call looks it up. What is in flight still answers those who wait for it. */
  forget(key: K): void
}

interface Answered<V> {
  readonly value: V
  readonly atMs: number
}

/**
 * A look-up with a bounded cache. A fresh answer is returned at once. Calls that wait for the same key share one `load`. A stale answer is
 * returned while the next one is loaded. A failure reaches the callers only when there is no usable answer.
 *
 * - A failing key backs off: after the n-th failure in a row it is not looked up again for 100 ms x 2^(n-1), at most 10 s. Meanwhile calls
 *   fail as the look-up did. After the third failure that is 400 ms.
 * - A look-up that has not answered after 1 s is started once more by the next call for its key; the first answer serves everybody.
 * - Look-ups in flight are bounded by `inFlight`, and each by `functionTimeout`.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_DURATION`, `SLUICE_WHOLE_NUMBER`, `SLUICE_OPTION_UNKNOWN`
 * @example
 * ```ts
 * const unitsOf = cached((id: string) => database.unitsOf(id), { ttl: '30s', max: 10_000 })
 * const limit = { name: 'customer', by: (id: string) => id, rule: async (id: string) => tokenBucket({ capacity: await unitsOf(id), per: '1h' }) }
 * unitsOf.forget('ada') // her plan has changed
 * ```
 */
export function cached<K extends KeyPart, V>(load: (key: K) => MaybePromise<V>, options: CachedOptions): Cached<K, V> {
  if (typeof load !== 'function') throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'load', wanted: 'a function', value: load })
  checkOptions(options, 'cached', ['ttl', 'max', 'stale', 'inFlight', 'functionTimeout', 'clock'])
  const ttlMs = parseDuration(options.ttl, 'ttl')
  const staleMs = options.stale === undefined ? ttlMs : parseDuration(options.stale, 'stale', true)
  const max = wholeNumber(options.max, 'max', 1)
  const inFlight = options.inFlight === undefined ? max : wholeNumber(options.inFlight, 'inFlight', 1)
  const timeoutMs = functionTimeoutMs(options.functionTimeout)
  const clock = clockOf(options.clock)
  const answers = new Map<K, Answered<V>>()
  const fetch = lookUps(load, remember, { max, inFlight, timeoutMs, clock })

  function remember(key: K, value: V): void {
    putNewest(answers, key, { value, atMs: clock.nowMs() }, max)
  }

  function answer(key: K): MaybePromise<V> {
    const known = answers.get(key)
    const ageMs = known === undefined ? Infinity : clock.nowMs() - known.atMs
    if (known === undefined || ageMs >= ttlMs + staleMs) return fetch.start(key)
    if (ageMs < ttlMs) return known.value
    return refreshed(known.value, () => fetch.start(key))
  }

  return Object.assign(answer, {
    forget(key: K) {
      answers.delete(key)
      fetch.forget(key)
    },
  })
}

/** The new answer where it is there at once, and the old one while the new one is on its way or cannot be had. */
function refreshed<V>(old: V, fetch: () => MaybePromise<V>): V {
  try {
    const fresh = fetch()
    if (!isPromise(fresh)) return fresh
    fresh.catch(() => undefined)
  } catch {
    // Until the stale time is over the old answer serves.
  }
  return old
}
