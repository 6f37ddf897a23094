/** Reading response headers: numbers of units, times until something, and `Retry-After`. What is malformed is left out. */

/** Headers of a response: of `fetch`, or as a record with lower-case names. */
export type ResponseHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

/** Reads a header by its lower-case name. A header that comes several times is one list, as in `fetch`. */
export type HeaderReader = (name: string) => string | undefined

/** Reads the headers of a response, whichever form they have. */
export function headerOf(headers: ResponseHeaders): HeaderReader {
  if (typeof (headers as Headers).get === 'function') return (name) => (headers as Headers).get(name) ?? undefined
  return (name) => {
    const value = (headers as Readonly<Record<string, string | readonly string[] | undefined>>)[name]
    return typeof value === 'object' ? value.join(', ') : value
  }
}

/** A whole number of units with at most 15 digits; `undefined` for anything else, and for a header that comes twice and differs. */
export function unitsIn(text: string | undefined): number | undefined {
  const one = single(text)
  return one !== undefined && /^\d{1,15}$/.test(one) ? Number(one) : undefined
}

/** A number from 0, which may have up to six decimals; `undefined` for anything else. */
export function decimalIn(text: string | undefined): number | undefined {
  const one = single(text)
  return one !== undefined && /^\d{1,15}(\.\d{1,6})?$/.test(one) ? Number(one) : undefined
}

/** A value that comes once, or several times alike. */
function single(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const values = new Set(text.split(',').map((each) => each.trim()))
  return values.size === 1 ? [...values][0] : undefined
}

/** Waits beyond this are taken for a mistake. */
const longestWaitMs = 24 * 3_600_000
/** An instant that was a moment ago is now: clocks are written in whole seconds. An older one says nothing. */
const longestPastMs = 2000

/** Milliseconds of a duration as Go writes it: `20ms`, `1.5s`, `6m0s`. A bare number is seconds. */
export function durationMsIn(text: string | undefined): number | undefined {
  const one = single(text)
  if (one === undefined || one === '') return undefined
  if (/^\d+(\.\d+)?$/.test(one)) return inBounds(Number(one) * 1000)
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/.exec(one)
  if (parts === null) return undefined
  const [hours, minutes, seconds, ms] = parts.slice(1).map((each) => Number(each ?? 0))
  return inBounds(((hours! * 60 + minutes!) * 60 + seconds!) * 1000 + ms!)
}

/** Milliseconds until an instant in seconds since 1970, by the clock of the response. */
export function untilEpochMsIn(text: string | undefined, header: HeaderReader): number | undefined {
  const seconds = unitsIn(text)
  return seconds === undefined ? undefined : inBounds(seconds * 1000 - responseMs(header))
}

/** Milliseconds until an instant such as `2026-11-30T10:00:07Z`, by the clock of the response. */
export function untilDateMsIn(text: string | undefined, header: HeaderReader): number | undefined {
  const one = text?.trim()
  return one !== undefined && /^\d{4}-\d\d-\d\dT/.test(one) ? inBounds(Date.parse(one) - responseMs(header)) : undefined
}

/** When the response was written, by its own `Date`. So a wrong clock of this machine does not matter. */
function responseMs(header: HeaderReader, nowMs: number = Date.now()): number {
  const own = Date.parse(header('date') ?? '')
  return Number.isNaN(own) ? nowMs : own
}

function inBounds(ms: number): number | undefined {
  return ms >= -longestPastMs && ms <= longestWaitMs ? Math.max(0, ms) : undefined
}

/**
 * Milliseconds that a response asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date. Of several numbers the longest
 * counts. A date is read against the `Date` of the response.
 */
export function retryAfterOf(header: HeaderReader, nowMs: number): number | undefined {
  const ms = longestOf(header('retry-after-ms'))
  if (ms !== undefined) return bounded(ms)
  const text = header('retry-after')?.trim()
  if (text === undefined) return undefined
  const seconds = longestOf(text)
  if (seconds !== undefined) return bounded(seconds * 1000)
  // `Date.parse` takes '-5' for a year.
  const date = /[a-z]{3}|^\d{4}-/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : bounded(date - responseMs(header, nowMs))
}

function longestOf(text: string | undefined): number | undefined {
  const values = text?.split(',').map((each) => each.trim()) ?? []
  return values.length > 0 && values.every((each) => /^\d+(\.\d+)?$/.test(each)) ? Math.max(...values.map(Number)) : undefined
}

function bounded(ms: number): number | undefined {
  return ms > longestWaitMs ? undefined : Math.max(0, Math.ceil(ms))
}
