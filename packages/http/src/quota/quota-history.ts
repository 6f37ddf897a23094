/** The last hour of each limit and key, minute by minute: what a quota draws as its history. */
import type { Admin, Clock, DecisionEvent, LimiterEvent, LimitStatus, ListedKey, SettledEvent } from '@sluice/core'
import { checkOptions, clockOf, encodeListedKey, SLUICE_OPTION_TYPE, wholeNumber } from '@sluice/core/internal'
import { SluiceError } from '../errors.ts'
import { paceOf } from '../headers/disclosed-limits.ts'
import type { QuotaMinute } from './quota-document.ts'

/** Options of {@link quotaHistory}. */
export interface QuotaHistoryOptions {
  /**
   * Keys that are kept at once, of all limits together, from 1 to 1,000,000. Beyond it the key that was used least recently goes, and histories
   * begin after that. A key takes up to 6 kB, and one that is used in a single minute of the hour 300 bytes. @default 10_000
   */
  readonly keys?: number | undefined
  /** Where times are taken from. @default the system's */
  readonly clock?: Clock | undefined
}

/** The history of the limits of one limiter or guard. */
export interface QuotaHistory {
  /** The minutes of a key, oldest first and the current one last. `undefined` if nothing is known of them. @param key - as text */
  minutesOf(limit: string, key: string): readonly QuotaMinute[] | undefined
  /** Stops listening. What is known stays as it is. */
  close(): void
}

/** A minute in which a key was used. */
interface UsedMinute {
  readonly at: number
  used: number
  refused: number
  near: boolean
}

/** What is known of a key. */
interface Known {
  /** The first minute of which everything is known. */
  readonly since: number
  /** Ascending. Minutes without use are missing. */
  minutes: UsedMinute[]
}

const minuteMs = 60_000
const mostMinutes = 60
/** Names of limits that are remembered. Names that a request brings along have no history beyond that. */
const mostLimits = 1000

/**
 * Counts what a limiter decides, by limit, key and minute. It listens to events, so that requests pay for it only where it is used: about as
 * much as for one more listener. It knows the calls of this process since it was made, and no others: with a store that processes share,
 * each has its own history. Undisclosed and shadow limits, and limits on what happens at the same time, have none.
 * @param source - a limiter, the `admin` of a guard, or `app.sluice` of Fastify
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_WHOLE_NUMBER`, `SLUICE_CLOCK`
 * @example
 * ```ts
 * const history = quotaHistory(limiter)
 * app.get('/quota', quota({ limiter, identify: userOf, history }))
 * ```
 */
export function quotaHistory(source: Pick<Admin, 'observe'>, options: QuotaHistoryOptions = {}): QuotaHistory {
  if (typeof (source as Partial<Admin> | null | undefined)?.observe !== 'function')
    throw new SluiceError(SLUICE_OPTION_TYPE, {
      option: 'quotaHistory(source)',
      wanted: 'a limiter, or the `admin` of a guard',
      value: source,
    })
  checkOptions(options, 'quotaHistory', ['keys', 'clock'])
  const clock = clockOf(options.clock)
  const most = options.keys === undefined ? 10_000 : wholeNumber(options.keys, 'keys', 1, 1_000_000)
  /** The key that was used least recently first, to the minute. */
  const keys = new Map<string, Known>()
  const limits = new Set<string>()
  let latest = Number.NEGATIVE_INFINITY
  /** The first minute of which everything is known, for a key that is not kept. */
  let since = minuteNow()

  /** Never goes back. */
  function minuteNow(): number {
    latest = Math.max(latest, Math.floor(clock.nowMs() / minuteMs))
    return latest
  }

  /** The current minute of a key. */
  function minuteOf(name: string): UsedMinute {
    const at = minuteNow()
    const known = keys.get(name)
    const last = known?.minutes.at(-1)
    if (last?.at === at) return last
    const made: UsedMinute = { at, used: 0, refused: 0, near: false }
    keys.delete(name)
    if (known === undefined && keys.size >= most) forgetOldest()
    keys.set(name, {
      since: known?.since ?? since,
      minutes: [...(known?.minutes ?? []).filter((minute) => minute.at > at - mostMinutes), made],
    })
    return made
  }

  /** What was known of it is lost, so that for it, and any key like it, everything is known only from the next minute on. */
  function forgetOldest(): void {
    const [name, { minutes }] = keys.entries().next().value!
    keys.delete(name)
    since = Math.max(since, minutes.at(-1)!.at + 1)
  }

  function decided({ limits: decidedLimits }: DecisionEvent): void {
    for (const { limit, key, charged, status } of decidedLimits) {
      if (key === null || status === null || !isKept(status)) continue
      if (limits.size < mostLimits) limits.add(limit)
      const minute = minuteOf(nameOf(limit, key))
      minute.used += charged
      if (!status.allowed) minute.refused += 1
      minute.near ||= status.near
    }
  }

  /** What was used beyond the estimate counts now. What returns was charged last. */
  function settled({ limit, key, estimated, actual, excess, late }: SettledEvent): void {
    const known = keys.get(nameOf(limit, key))
    if (known === undefined || late) return
    let change = actual - excess - estimated
    if (change > 0) minuteOf(nameOf(limit, key)).used += change
    for (const minute of known.minutes.toReversed()) {
      if (change >= 0) return
      const back = Math.min(minute.used, -change)
      minute.used -= back
      change += back
    }
  }

  const close = source.observe((event: LimiterEvent) => {
    if (event.type === 'decision') decided(event)
    else if (event.type === 'settled') settled(event)
  })

  return {
    minutesOf(limit, key) {
      const known = keys.get(`${limit}\n${key}`)
      const now = minuteNow()
      const from = Math.max(known?.since ?? since, now - mostMinutes + 1)
      // A limit without any decision may be one of another limiter.
      if (from > now || !limits.has(limit)) return undefined
      const minutes: QuotaMinute[] = Array.from({ length: now - from + 1 }, () => unused)
      for (const { at, used, refused, near } of known?.minutes ?? []) if (at >= from) minutes[at - from] = { used, refused, near }
      return minutes
    },
    close,
  }
}

const unused: QuotaMinute = Object.freeze({ used: 0, refused: 0, near: false })

function nameOf(limit: string, key: ListedKey): string {
  return `${limit}\n${encodeListedKey(key, limit)}`
}

function isKept(status: LimitStatus): boolean {
  return status.disclose && !status.shadow && paceOf(status).unit !== 'concurrent-requests'
}
