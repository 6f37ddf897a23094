/** Look-ups with a memory: for rules and keys that live in a database. */
import { type Clock, systemClock } from '../clock.ts'
import { type Duration, parseDuration } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import type { KeyPart } from '../key.ts'
import { isPromise, type MaybePromise } from '../maybe-promise.ts'
import { checkOptions } from '../options.ts'
import { wholeNumber } from '../rules/whole-number.ts'

/** Options of {@link cached}. */
export interface CachedOptions {
  /** How long an answer is used without asking again. */
  readonly ttl: Duration
  /** Answers remembered at once; the oldest is forgotten first. Whole, from 1. */
  readonly max: number
  /** How long after `ttl` an answer is still used while a new one is fetched, and when fetching fails. @default the ttl */
  readonly stale?: Duration | undefined
  /** Where it takes its time from. @default the system's */
  readonly clock?: Clock | undefined
}

interface Answered<V> {
  readonly value: V
  readonly atMs: number
}

/**
 * A bounded look-up with a lifetime: answers at once when it knows, asks once for many who wait, and goes on with an old answer while
 * it fetches the new one. A failure is not remembered; it reaches the callers only when there is no usable answer.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_DURATION`, `SLUICE_WHOLE_NUMBER`, `SLUICE_OPTION_UNKNOWN`
 */
export function cached<K extends KeyPart, V>(load: (key: K) => MaybePromise<V>, options: CachedOptions): (key: K) => MaybePromise<V> {
  if (typeof load !== 'function') throw new SluiceError('SLUICE_OPTION_TYPE', { option: 'load', wanted: 'a function', value: load })
  checkOptions(options, 'cached', ['ttl', 'max', 'stale', 'clock'])
  const ttlMs = parseDuration(options.ttl, 'ttl')
  const staleMs = options.stale === undefined ? ttlMs : parseDuration(options.stale, 'stale', true)
  const max = wholeNumber(options.max, 'max', 1)
  const clock = options.clock ?? systemClock()
  const answers = new Map<K, Answered<V>>()
  const loading = new Map<K, Promise<V>>()

  function remember(key: K, value: V): V {
    answers.delete(key)
    if (answers.size >= max) for (const oldest of answers.keys()) if (answers.delete(oldest)) break
    answers.set(key, { value, atMs: clock.nowMs() })
    return value
  }

  function fetch(key: K): MaybePromise<V> {
    const under = loading.get(key)
    if (under !== undefined) return under
    const answer = load(key)
    if (!isPromise(answer)) return remember(key, answer)
    const promise = Promise.resolve(answer)
      .then((value) => remember(key, value))
      .finally(() => loading.delete(key))
    loading.set(key, promise)
    return promise
  }

  return (key) => {
    const known = answers.get(key)
    const ageMs = known === undefined ? Infinity : clock.nowMs() - known.atMs
    if (known === undefined || ageMs >= ttlMs + staleMs) return fetch(key)
    if (ageMs < ttlMs) return known.value
    return refreshed(known.value, () => fetch(key))
  }
}

/** The new answer where it is there at once, and the old one while the new one is on its way or cannot be had. */
function refreshed<V>(old: V, fetch: () => MaybePromise<V>): V {
  try {
    const fresh = fetch()
    if (!isPromise(fresh)) return fresh
    fresh.catch(() => undefined)
  } catch {
    // The next call asks again; until the stale time is over the old answer serves.
  }
  return old
}
