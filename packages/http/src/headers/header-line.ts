/** One header of a response, and the values that are written into it: bare items of RFC 9651 in canonical form, and `Retry-After`. */

import { type Refused, SluiceError } from '@sluice/core'
import { SLUICE_LIMIT_NAME } from '@sluice/core/internal'

/** One header of a response, in the spelling of its standard; HTTP/2 and Fastify write names in lower case by themselves. */
export type HeaderLine = readonly [name: string, value: string]

/** RFC 9651 3.3.1: at most 15 digits. `Number.MAX_SAFE_INTEGER` has 16 and does not fit. */
const largest = 999_999_999_999_999

/** An Integer of at least 0: fractions round down, what does not fit is clamped, what is no number is 0. */
export function sfInteger(value: number): string {
  if (!(value > 0)) return '0'
  return String(Math.min(Math.floor(value), largest))
}

/**
 * A String (RFC 9651 3.3.3). One character outside printable ASCII would make clients ignore the whole field. So it is a fault here, as
 * it was at start-up, where names are checked first.
 */
export function sfString(text: string): string {
  // One test settles nearly every name; the rest is for quotes, backslashes and what slipped past the check of names.
  if (/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(text)) return `"${text}"`
  if (!/^[\x20-\x7e]*$/.test(text)) throw new SluiceError(SLUICE_LIMIT_NAME, { value: text })
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/**
 * The value of `Retry-After`: whole seconds (RFC 9110 10.2.3), rounded up. It is never below 1, since clients take 0 as "at once" or
 * ignore it. A wait of 1,200 ms is 2. `null` where no wait helps.
 */
export function retryAfterSeconds(refused: Pick<Refused, 'retryAfterMs'>): number | null {
  return refused.retryAfterMs === null ? null : atLeastOne(refused.retryAfterMs / 1000)
}

/** The same wait for clients that read `retry-after-ms` first, in whole milliseconds. */
export function retryAfterMs(refused: Refused): number | null {
  return refused.retryAfterMs === null ? null : atLeastOne(refused.retryAfterMs)
}

/** Whole and at least 1. The ceiling keeps the digits plain: 1e21 would be written with an exponent. */
function atLeastOne(value: number): number {
  return value > 1 ? Math.min(Math.ceil(value), Number.MAX_SAFE_INTEGER) : 1
}
