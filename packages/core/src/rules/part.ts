/** A part of a rule: exact of its rate, rounded down of its capacity. Every kind of rule makes its own parts with these. */
import type { Rate } from './rate.ts'

/** A fraction, above 0 and at most 1. */
export interface Part {
  readonly numerator: number
  readonly denominator: number
}

/** So much of a capacity, rounded down, to at least 1. */
export function partOfCapacity(capacity: number, part: Part): number {
  return Math.max(1, Number((BigInt(capacity) * BigInt(part.numerator)) / BigInt(part.denominator)))
}

/** So much of a rate of scaled units, exactly. */
export function partOfRate({ rate, scale }: { readonly rate: number; readonly scale: number }, part: Part): Rate {
  return { units: BigInt(rate) * BigInt(part.numerator), ticks: BigInt(scale) * BigInt(part.denominator) }
}

/** So much of a refill, as people read it. */
export function partOfRefill(refill: number, part: Part): number {
  return (refill * part.numerator) / part.denominator
}

/**
 * A part of a window that holds whole units: the capacity rounded down. A part of at most one unit is one unit in a window that is longer
 * by as much.
 */
export function partOfWindow<W extends { readonly capacity: number; readonly refill: number; readonly periodUs: number }>(
  window: W,
  part: Part,
): Pick<W, 'capacity' | 'refill' | 'periodUs'> {
  const capacity = partOfCapacity(window.capacity, part)
  const units = BigInt(window.capacity) * BigInt(part.numerator)
  const whole = BigInt(part.denominator)
  if (units > whole) return { capacity, refill: capacity, periodUs: window.periodUs }
  const periodUs = Number((BigInt(window.periodUs) * whole + units - 1n) / units)
  return { capacity, refill: partOfRefill(window.refill, part), periodUs }
}
