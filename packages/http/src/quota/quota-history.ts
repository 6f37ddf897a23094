/** The last hour of each limit and key, minute by minute: what a quota draws as its history. */
import type { Admin, Clock, DecisionEvent, LimiterEvent, LimitStatus, ListedKey, MaybePromise, SettledEvent } from '@sluice/core'
import { checkOptions, clockOf, encodeListedKey, SLUICE_OPTION_TYPE, wholeNumber } from '@sluice/core/internal'
import { SluiceError } from '../errors.ts'
import { paceOf } from '../headers/disclosed-limits.ts'
import type { QuotaMinute } from './quota-document.ts'
import { type SharedHistory, type SharedMinute, shareMinutes } from './shared-history.ts'

/** Options of `quotaHistory`. */
export interface QuotaHistoryOptions {
  /**
   * Keys that are kept at once, of all limits together, from 1 to 1,000,000. Beyond it the key that was used least recently goes, and histories
   * begin after that. Of a key the minutes of the last hour are kept in which it was used. @default 10_000
   */
  readonly keys?: number | undefined
  /**
   * Where processes keep one history together: `redisHistory(client)` of `@sluice/redis`. Each writes its minutes there once a second, beside
   * its requests. While it cannot be read there is no history. @default this process alone
   */
  readonly shared?: SharedHistory | undefined
  /** Where times are taken from. @default the system's */
  readonly clock?: Clock | undefined
}

/** The history of the limits of one limiter or guard. */
export interface QuotaHistory {
  /** The minutes of a key, oldest first and the current one last. `undefined` if nothing is known of them. @param key - as text */
  minutesOf(limit: string, key: string): MaybePromise<readonly QuotaMinute[] | undefined>
  /** Stops listening, and writes what is not written yet. What is known stays as it is. */
  close(): Promise<void>
}

/** The history of one process, which is known at once. */
export interface SyncQuotaHistory extends QuotaHistory {
  minutesOf(limit: string, key: string): readonly QuotaMinute[] | undefined
}

/** A minute in which a key was used. */
type UsedMinute = { -readonly [K in keyof SharedMinute]: SharedMinute[K] }

/** What is known of a key. */
interface Known {
  /** No other has it, in this process: a key that was forgotten and comes back is another one. */
  readonly id: number
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
 * much as for one more listener. It knows the calls of this process since it was made, and with `shared` those of all processes. Undisclosed and shadow limits, and limits on what happens at the same time, have none.
 * @param source - a limiter, the `admin` of a guard, or `app.sluice` of Fastify
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_WHOLE_NUMBER`, `SLUICE_CLOCK`
 * @example
 * ```ts
 * const history = quotaHistory(limiter)
 * app.get('/quota', quota({ limiter, identify: userOf, history }))
 * ```
 */
export function quotaHistory(
  source: Pick<Admin, 'observe'>,
  options?: QuotaHistoryOptions & { readonly shared?: undefined },
): SyncQuotaHistory
export function quotaHistory(source: Pick<Admin, 'observe'>, options?: QuotaHistoryOptions): QuotaHistory
export function quotaHistory(source: Pick<Admin, 'observe'>, options: QuotaHistoryOptions = {}): QuotaHistory {
  if (typeof (source as Partial<Admin> | null | undefined)?.observe !== 'function')
    throw new SluiceError(SLUICE_OPTION_TYPE, {
      option: 'quotaHistory(source)',
      wanted: 'a limiter, or the `admin` of a guard',
      value: source,
    })
  checkOptions(options, 'quotaHistory', ['keys', 'shared', 'clock'])
  const shared = options.shared === undefined ? undefined : shareMinutes(options.shared)
  const clock = clockOf(options.clock)
  const most = options.keys === undefined ? 10_000 : wholeNumber(options.keys, 'keys', 1, 1_000_000)
  /** The key that was used least recently first, to the minute. */
  const keys = new Map<string, Known>()
  const limits = new Set<string>()
  let made = 0
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
    const minute: UsedMinute = { at, used: 0, refused: 0, near: false }
    keys.delete(name)
    if (known === undefined && keys.size >= most) forgetOldest()
    keys.set(name, {
      id: known?.id ?? ++made,
      since: known?.since ?? since,
      minutes: [...(known?.minutes ?? []).filter(({ at: before }) => before > at - mostMinutes), minute],
    })
    return minute
  }

  function changed(name: string, minute: UsedMinute): void {
    shared?.changed(name, keys.get(name)!.id, minute)
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
      const name = nameOf(limit, key)
      const minute = minuteOf(name)
      minute.used += charged
      if (!status.allowed) minute.refused += 1
      minute.near ||= status.near
      changed(name, minute)
    }
  }

  /** What was used beyond the estimate counts now. What returns was charged last. */
  function settled({ limit, key, estimated, actual, excess, late }: SettledEvent): void {
    const name = nameOf(limit, key)
    const known = keys.get(name)
    if (known === undefined || late) return
    let change = actual - excess - estimated
    if (change > 0) {
      const minute = minuteOf(name)
      minute.used += change
      changed(name, minute)
    }
    for (const minute of known.minutes.toReversed()) {
      if (change >= 0) return
      const back = Math.min(minute.used, -change)
      minute.used -= back
      change += back
      changed(name, minute)
    }
  }

  const stop = source.observe((event: LimiterEvent) => {
    if (event.type === 'decision') decided(event)
    else if (event.type === 'settled') settled(event)
  })

  return {
    minutesOf(limit, key) {
      const name = `${limit}\n${key}`
      const now = minuteNow()
      // A limit without any decision may be one of another limiter, or one that has no history.
      const isKnown = limits.has(limit)
      if (shared !== undefined)
        return shared.read(name, now).then((found) => {
          return found !== undefined && (isKnown || found.minutes.length > 0) ? lastHour(found.minutes, found.since, now) : undefined
        })
      const known = keys.get(name)
      return isKnown ? lastHour(known?.minutes ?? [], known?.since ?? since, now) : undefined
    },
    async close() {
      stop()
      await shared?.close()
    },
  }
}

/** The minutes from the first that is known, at most an hour. */
function lastHour(used: readonly SharedMinute[], since: number, now: number): readonly QuotaMinute[] | undefined {
  const from = Math.max(since, now - mostMinutes + 1)
  if (from > now) return undefined
  const minutes: QuotaMinute[] = Array.from({ length: now - from + 1 }, () => unused)
  for (const minute of used)
    if (minute.at >= from && minute.at <= now) minutes[minute.at - from] = together(minutes[minute.at - from]!, minute)
  return minutes
}

/** What several processes know of a minute. */
function together(one: QuotaMinute, other: QuotaMinute): QuotaMinute {
  return { used: one.used + other.used, refused: one.refused + other.refused, near: one.near || other.near }
}

const unused: QuotaMinute = Object.freeze({ used: 0, refused: 0, near: false })

function nameOf(limit: string, key: ListedKey): string {
  return `${limit}\n${encodeListedKey(key, limit)}`
}

function isKept(status: LimitStatus): boolean {
  return status.disclose && !status.shadow && paceOf(status).unit !== 'concurrent-requests'
}
