/** The numbers of exact sliding windows. */
import { intern, type Rule } from './rule.ts'

/** An exact sliding window, as the decider uses it. */
export interface SlidingLogRule extends Rule {
  readonly kind: 'sliding-log'
  /** Units. */
  readonly capacity: number
  /** Units per `perMs`; a share of less than one unit has a fraction of one. */
  readonly refill: number
  readonly perMs: number
  /** The length of the window in microseconds; that of a share of less than one unit is longer than `perMs`. */
  readonly periodUs: number
  readonly scale: 1
}

/** The largest capacity: a log has an entry for each of its units, and is copied with every admission. */
export const mostLogged = 10_000

/** The rule for parsed numbers. */
export function slidingLogOf(shape: Pick<SlidingLogRule, 'capacity' | 'refill' | 'perMs' | 'periodUs'>): SlidingLogRule {
  const { capacity, refill, perMs, periodUs } = shape
  return intern(`sliding-log ${capacity} ${refill}/${perMs} ${periodUs}`, () => ({
    kind: 'sliding-log',
    capacity,
    refill,
    perMs,
    periodUs,
    scale: 1,
  }))
}
