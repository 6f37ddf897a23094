/** Exact integer arithmetic below 2^53, and the check that a number is fit for it. */
import { SLUICE_WHOLE_NUMBER } from './errors.ts'
import { SluiceError } from './sluice-error.ts'

/**
 * `a / b` rounded down, exact for whole `a >= 0` and `b >= 1` below 2^53.
 *
 * A quotient that is not whole lies at least `1 / b` below the next whole number q. It could only round up to that if `q * b` were
 * above 2^53, and then `a` would be too. The `%` operator would be as exact and eight times slower on numbers of this size.
 */
export function floorDiv(a: number, b: number): number {
  return Math.floor(a / b)
}

/** `a / b` rounded up, exact for whole `a >= 0` and `b >= 1` below 2^53: it lies as far above the whole number below as above. */
export function ceilDiv(a: number, b: number): number {
  return Math.ceil(a / b)
}

/** Above 2^53 a product is no longer exact; this much more than the exact value covers the two roundings of `r / from * to`. */
const roundingRoom = 1 + 2 ** -50

/**
 * `value * to / from`, rounded up, at most 2^53 - 1: how an amount in one scale reads in another.
 *
 * Whole multiples of `from` convert exactly. The rest is exact while its product fits in 53 bits. Else it is rounded up
 * by at most one part in 2^50 plus one. The Redis script does the same steps on the same doubles.
 */
export function scaleUp(value: number, from: number, to: number): number {
  const rest = value % from
  const whole = ((value - rest) / from) * to
  const product = rest * to
  const part = product <= Number.MAX_SAFE_INTEGER ? ceilDiv(product, from) : Math.min(to, Math.ceil((rest / from) * to * roundingRoom) + 1)
  return Math.min(whole + part, Number.MAX_SAFE_INTEGER)
}

/** `value * to / from`, rounded down, at most 2^53 - 1; see {@link scaleUp}. */
export function scaleDown(value: number, from: number, to: number): number {
  const rest = value % from
  const whole = ((value - rest) / from) * to
  const product = rest * to
  const part =
    product <= Number.MAX_SAFE_INTEGER ? floorDiv(product, from) : Math.max(0, Math.floor(((rest / from) * to) / roundingRoom) - 1)
  return Math.min(whole + part, Number.MAX_SAFE_INTEGER)
}

/** The value itself. @throws SluiceError `SLUICE_WHOLE_NUMBER` unless it is a whole number in the range */
export function wholeNumber(value: unknown, option: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new SluiceError(SLUICE_WHOLE_NUMBER, { option, value, min, max })
  }
  return value
}
