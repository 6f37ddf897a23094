/**
 * Windows that begin with the first charge of a key: their numbers and their decisions.
 *
 * `used` counts the scaled units of the window that began at `last`. A bucket with nothing used has no window: its next charge begins one.
 */
import type { Micros } from '../../clock.ts'
import { type BucketKind, type BucketState, type CountingRule, intern, type Part, ruleOf, type Unused } from '../../kind.ts'
import { durationText } from '../../options.ts'
import { ceilDiv, floorDiv } from '../../whole-number.ts'
import { countingDecider, ofOneWindow } from '../counting.ts'
import { fitRate, partOfCapacity, partOfRate, partOfRefill, type Rate, reduceRate } from '../rate.ts'

/** A window from the first charge on, as the decider uses it. */
export interface FirstWindowRule extends CountingRule {
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
    return ruleOf(firstWindowKind, { capacity, refill, perMs, rate: Number(units), scale: Number(ticks), periodUs })
  })
}

/** A part of a window: what comes back at its end exactly, its capacity rounded down. */
function partOfFirstWindow(rule: FirstWindowRule, part: Part): FirstWindowRule {
  const { capacity, refill, perMs } = rule
  return firstWindowOf({ capacity: partOfCapacity(capacity, part), refill: partOfRefill(refill, part), perMs }, partOfRate(rule, part))
}

function advance(state: BucketState, now: Micros, rule: FirstWindowRule): BucketState {
  const { used, last } = state
  if (used === 0) return { used: 0, last: now, carried: 0 }
  if (now < last) {
    // A clock that went back further than the bucket takes to fill jumped there and back; it must not block for the length of the jump.
    return last - now > ceilDiv(used, rule.rate) * rule.periodUs ? { used, last: now, carried: 0 } : state
  }
  const windows = floorDiv(now - last, rule.periodUs)
  if (windows === 0) return state
  const left = Math.max(0, used - rule.rate * windows)
  return { used: left, last: left === 0 ? now : last + windows * rule.periodUs, carried: 0 }
}

function waitFor(units: number, { used, last }: BucketState, now: Micros, rule: FirstWindowRule): Micros {
  const need = units * rule.scale - (rule.capacity * rule.scale - used)
  return last + ceilDiv(need, rule.rate) * rule.periodUs - now
}

/** Without the bucket it is unknown where the window of the charge ended. It is taken to have ended at once. */
function returnable({ units, charged, chargedAt }: Unused, now: Micros, rule: FirstWindowRule, state?: BucketState): number {
  const ended = state === undefined ? 1 + floorDiv(now - chargedAt, rule.periodUs) : windowsBetween(chargedAt, state.last, rule)
  return Math.min(units * rule.scale, Math.max(0, charged * rule.scale - rule.rate * ended))
}

/** Windows that have begun since a charge, up to the one that began at `last`. */
function windowsBetween(chargedAt: Micros, last: Micros, { periodUs }: FirstWindowRule): number {
  return last > chargedAt ? ceilDiv(last - chargedAt, periodUs) : 0
}

/** Windows from the first charge, as limiters and stores use them. */
export const firstWindowKind: BucketKind<FirstWindowRule> = {
  name: 'first-window',
  part: partOfFirstWindow,
  ...countingDecider({ ...ofOneWindow, advance, returnable, waitFor }),
}
