/** How providers write quotas into response headers. */
import { type Micros, SluiceError } from '@sluice/core'
import { SLUICE_COST } from '@sluice/core/internal'
import type { Sighting } from '../mirror/mirror.ts'
import { isUnits } from './costs.ts'

/** What a response says about one limit. */
export interface QuotaSighting {
  /** Name of the limit, as in `limits`. */
  readonly limit: string
  readonly capacity?: number | undefined
  readonly remaining?: number | undefined
}

/** Headers of a response: of `fetch`, or as a record with lower-case names. */
export type ResponseHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

/** How to read the responses of a provider. */
export interface Dialect {
  quota(header: (name: string) => string | undefined): readonly QuotaSighting[]
  /** Statuses that mean that nothing was done, so that even a POST may be tried again. @default none */
  readonly unprocessed?: readonly number[] | undefined
}

/** Refused for a quota or an overload, before any token was made. Errors such as 500 and 504 may come after the work was done. */
const refusedBeforeWork: readonly number[] = [429, 503, 529]

/** Reads one header. */
export function headerOf(headers: ResponseHeaders): (name: string) => string | undefined {
  if (typeof (headers as Headers).get === 'function') return (name) => (headers as Headers).get(name) ?? undefined
  return (name) => {
    const value = (headers as Readonly<Record<string, string | readonly string[] | undefined>>)[name]
    return typeof value === 'object' ? value[0] : value
  }
}

/** A whole number of units; `undefined` for anything else. */
function unitsIn(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,15}$/.test(text.trim())) return undefined
  return Number(text)
}

function family(limits: readonly string[], header: (name: string) => string | undefined, name: (limit: string, what: string) => string) {
  return limits.flatMap((limit): readonly QuotaSighting[] => {
    const capacity = unitsIn(header(name(limit, 'limit')))
    const remaining = unitsIn(header(name(limit, 'remaining')))
    return capacity === undefined && remaining === undefined ? [] : [{ limit, capacity, remaining }]
  })
}

/** `x-ratelimit-remaining-requests` and `-tokens`: OpenAI, Azure, Groq and others. Limits are named `requests` and `tokens`. */
export const openaiDialect: Dialect = {
  quota: (header) => family(['requests', 'tokens'], header, (limit, what) => `x-ratelimit-${what}-${limit}`),
  unprocessed: refusedBeforeWork,
}

/** `anthropic-ratelimit-input-tokens-remaining`. Limits are named `requests`, `tokens`, `input-tokens` and `output-tokens`. */
export const anthropicDialect: Dialect = {
  quota: (header) =>
    family(['requests', 'tokens', 'input-tokens', 'output-tokens'], header, (limit, what) => `anthropic-ratelimit-${limit}-${what}`),
  unprocessed: refusedBeforeWork,
}

/**
 * What a dialect reads of the limits of a provider.
 * @throws SluiceError `SLUICE_COST` for what is no number of units
 */
export function sightingsOf(
  { dialect, names }: { readonly dialect: Dialect | undefined; readonly names: readonly string[] },
  header: (name: string) => string | undefined,
  at: Micros,
): readonly Sighting[] {
  if (dialect === undefined) return []
  return dialect.quota(header).flatMap(({ limit, capacity, remaining }) => {
    const dimension = names.indexOf(limit)
    for (const value of [capacity, remaining])
      if (value !== undefined && !isUnits(value)) throw new SluiceError(SLUICE_COST, { name: limit, value })
    return dimension < 0 ? [] : [{ dimension, at, limit: capacity, remaining }]
  })
}

/** Waits beyond this are taken for a mistake. */
const longestWaitMs = 24 * 3_600_000

/**
 * Milliseconds that a response asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date. A date is read against the
 * `Date` of the response, so that a wrong clock of this machine does not matter.
 */
export function retryAfterOf(header: (name: string) => string | undefined, nowMs: number): number | undefined {
  const ms = header('retry-after-ms')
  if (ms !== undefined && /^\d+(\.\d+)?$/.test(ms.trim())) return bounded(Number(ms))
  const text = header('retry-after')?.trim()
  if (text === undefined) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return bounded(Number(text) * 1000)
  // `Date.parse` takes '-5' for a year.
  const date = /[a-z]{3}|^\d{4}-/i.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(date)) return undefined
  const own = Date.parse(header('date') ?? '')
  return bounded(date - (Number.isNaN(own) ? nowMs : own))
}

function bounded(ms: number): number | undefined {
  if (ms > longestWaitMs) return undefined
  return Math.max(0, Math.ceil(ms))
}
