/** The numbers of windows that begin with a key's first charge. */
import { durationText } from '../duration.ts'
import { fitRate } from './fit-rate.ts'
import { type Part, partOfCapacity, partOfRate, partOfRefill } from './part.ts'
import { type Rate, reduceRate } from './rate.ts'
import { intern, type Rule } from './rule.ts'

/** A window from the first charge on, as the decider uses it. */
export interface FirstWindowRule extends Rule {
  readonly kind: 'first-window'
  /** Units. */
  readonly capacity: number
  /** Units per window; a share may have a fraction of one. */
  readonly refill: number
  readonly perMs: number
  /** Scaled units that come back at the end of a window. */
  readonly rate: number
  /** Scaled units in one unit: as many as make `rate` a whole number. */
  readonly scale: number
  /** The length of a window in microseconds. */
  readonly periodUs: number
}

/**
 * The rule for parsed numbers.
 * @param rate - units per window, which for a share is finer than `refill` can say
 */
export function firstWindowOf(shape: Pick<FirstWindowRule, 'capacity' | 'refill' | 'perMs'>, rate: Rate): FirstWindowRule {
  const { capacity, refill, perMs } = shape
  return intern(`first-window ${capacity} ${refill}/${perMs} ${rate.units}/${rate.ticks}`, () => {
    const periodUs = perMs * 1000
    const { units, ticks } = fitRate(reduceRate(rate), { capacity, refill, per: durationText(perMs), tickUs: periodUs })
    return { kind: 'first-window', capacity, refill, perMs, rate: Number(units), scale: Number(ticks), periodUs }
  })
}

/** A part of a window: what comes back at its end exactly, its capacity rounded down. */
export function partOfFirstWindow(rule: FirstWindowRule, part: Part): FirstWindowRule {
  const { capacity, refill, perMs } = rule
  return firstWindowOf({ capacity: partOfCapacity(capacity, part), refill: partOfRefill(refill, part), perMs }, partOfRate(rule, part))
}
