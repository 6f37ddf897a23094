/** The numbers of exact sliding windows. */
import { durationText } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import { type Part, partOfWindow } from './part.ts'
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

/** The longest window in microseconds, some 70 years: the end of it must stay below 2^53. Only small shares of long windows reach it. */
export const longestWindowUs: number = Math.floor(Number.MAX_SAFE_INTEGER / 4)

/** The rule for parsed numbers. @throws SluiceError `SLUICE_RULE_TOO_LARGE` */
export function slidingLogOf(shape: Pick<SlidingLogRule, 'capacity' | 'refill' | 'perMs' | 'periodUs'>): SlidingLogRule {
  const { capacity, refill, perMs, periodUs } = shape
  return intern(`sliding-log ${capacity} ${refill}/${perMs} ${periodUs}`, () => {
    if (periodUs > longestWindowUs) throw new SluiceError('SLUICE_RULE_TOO_LARGE', { capacity, per: durationText(perMs) })
    return { kind: 'sliding-log', capacity, refill, perMs, periodUs, scale: 1 }
  })
}

/** A part of a window, in whole units. */
export function partOfSlidingLog(rule: SlidingLogRule, part: Part): SlidingLogRule {
  return slidingLogOf({ ...partOfWindow(rule, part), perMs: rule.perMs })
}
