/** Writes the bare items of RFC 9651 that our fields are made of, in canonical form. */
import { SluiceError } from '@sluice/core'

/** RFC 9651 3.3.1: at most 15 digits. `Number.MAX_SAFE_INTEGER` has 16 and does not fit. */
const largest = 999_999_999_999_999

/** An Integer of at least 0: fractions round down, what does not fit is clamped, what is no number is 0. */
export function sfInteger(value: number): string {
  if (!(value > 0)) return '0'
  return String(Math.min(Math.floor(value), largest))
}

/**
 * A String (RFC 9651 3.3.3). One character outside printable ASCII would make clients ignore the whole field, so it is a fault here
 * as it was at start-up, where names are checked first.
 */
export function sfString(text: string): string {
  // One test settles nearly every name; the rest is for quotes, backslashes and what slipped past the check of names.
  if (/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(text)) return `"${text}"`
  if (!/^[\x20-\x7e]*$/.test(text)) throw new SluiceError('SLUICE_LIMIT_NAME', { value: text })
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
