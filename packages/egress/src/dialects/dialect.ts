/** How a provider writes quotas into response headers: the contract of a dialect. */
import { type Micros, SluiceError } from '@sluice/core'
import { SLUICE_COST } from '@sluice/core/internal'
import { isUnits } from '../mirror/dimension.ts'
import type { Sighting } from '../mirror/mirror.ts'
import type { HeaderReader } from './response-headers.ts'

/** What a response says about one limit. */
export interface QuotaSighting {
  /** Name of the limit, as in `limits`. */
  readonly limit: string
  /** Units of one window, whole, from 0. Only a number below the configured capacity changes anything. */
  readonly capacity?: number | undefined
  /** Units that are left of the window, whole, from 0. */
  readonly remaining?: number | undefined
  /** Milliseconds until the window ends, if the provider counts in fixed windows. With it, strangers count from 0 in the next window. */
  readonly endsInMs?: number | undefined
}

/**
 * How to read the responses of a provider.
 * @example
 * const dialect: Dialect = { quota: (header) => [{ limit: 'requests', remaining: Number(header('x-calls-left') ?? 0) }] }
 */
export interface Dialect {
  /**
   * What a response says about limits. Leave out what it does not say.
   * @param header - reads a header by its lower-case name
   * @param isPaid - whether the call used units of a limit, for headers that mean another limit in each call
   */
  quota(header: HeaderReader, isPaid: (limit: string) => boolean): readonly QuotaSighting[]
  /**
   * Milliseconds to wait after a response that a limit has refused and that has no `Retry-After`. `undefined` says that no limit has
   * refused it. @default 1000 for status 429
   */
  refusalWaitMs?(status: number, header: HeaderReader): number | undefined
  /**
   * Header in which a key pool sends the secret of a key. `authorization` carries it as `Bearer <secret>`, every other header as it is.
   * @default 'authorization'
   */
  readonly keyHeader?: string | undefined
  /** Statuses that mean that nothing was done, so that even a POST may be tried again. @default none */
  readonly unprocessed?: readonly number[] | undefined
}

/** Refused for a quota or an overload, before any token was made. Errors such as 500 and 504 may come after the work was done. */
export const refusedBeforeWork: readonly number[] = [429, 503, 529]

/** Wait after a refusal that names none, in milliseconds. */
export const usualWaitMs = 1000

/** The response that is read. */
export interface ReadResponse {
  readonly header: HeaderReader
  /** When its call was booked, by the clock of the mirror. */
  readonly at: Micros
  /** Now, by the clock of the mirror. */
  readonly nowUs: Micros
  /** Units of the call by dimension. */
  readonly costs: readonly number[]
  /** Whether a limit has refused the call. */
  readonly isRefused: boolean
}

/**
 * What a dialect reads of the limits of a provider. A response that says nothing gives one empty sighting: the mirror has heard of the call.
 * @throws SluiceError `SLUICE_COST` for what is no number of units
 */
export function sightingsOf(
  { dialect, names }: { readonly dialect: Dialect | undefined; readonly names: readonly string[] },
  { header, at, nowUs, costs, isRefused }: ReadResponse,
): readonly Sighting[] {
  if (dialect === undefined) return []
  const isPaid = (limit: string): boolean => (costs[names.indexOf(limit)] ?? 0) > 0
  const sightings = dialect.quota(header, isPaid).flatMap(({ limit, capacity, remaining, endsInMs }) => {
    const dimension = names.indexOf(limit)
    for (const value of [capacity, remaining])
      if (value !== undefined && !isUnits(value)) throw new SluiceError(SLUICE_COST, { name: limit, value })
    const ends = endsInMs !== undefined && endsInMs >= 0 ? nowUs + Math.floor(endsInMs * 1000) : undefined
    if (dimension < 0) return []
    const cost = isRefused ? 0 : costs[dimension]!
    return [{ dimension, at, cost, limit: capacity, remaining, endsUs: Number.isSafeInteger(ends) ? ends : undefined }]
  })
  return sightings.length > 0 ? sightings : heardOf(at)
}

/** A response that says nothing of any limit. */
export function heardOf(at: Micros): readonly Sighting[] {
  return [{ dimension: 0, at, cost: 0, limit: undefined, remaining: undefined, endsUs: undefined }]
}

/**
 * How long calls stop after a response, in milliseconds; `undefined` if no limit has refused it.
 * @param retryAfterMs - what the response says itself
 */
export function blockMsOf(
  dialect: Dialect | undefined,
  status: number,
  header: HeaderReader,
  retryAfterMs: number | undefined,
): number | undefined {
  const usualMs = status === 429 ? usualWaitMs : undefined
  const waitMs = dialect?.refusalWaitMs === undefined ? usualMs : (dialect.refusalWaitMs(status, header) ?? usualMs)
  if (waitMs === undefined) return undefined
  // A dialect of the application may answer anything.
  return Math.max(1, retryAfterMs ?? (waitMs > 0 && Number.isFinite(waitMs) ? waitMs : usualWaitMs))
}

/** Whether a limit has refused a call, by the dialect of its provider. Some answer 403 for that. A dialect that fails says no. */
export function isLimitRefusal(dialect: Dialect | undefined, status: number, header: HeaderReader): boolean {
  if (dialect?.refusalWaitMs === undefined) return false
  try {
    return blockMsOf(dialect, status, header, undefined) !== undefined
  } catch {
    return false
  }
}
