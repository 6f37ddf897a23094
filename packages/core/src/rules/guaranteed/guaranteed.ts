/**
 * The bucket of a child with a guarantee: what it has used of this period, and whether its guarantee is active.
 *
 * `used` counts the units of the period that `last` lies in. `carried` is for how many periods, from that one on, the guarantee is active.
 * It is two once the child has asked, so that the next period reserves its guarantee before it asks again. By itself a bucket admits its
 * guarantee. What it may have beyond that is decided beside its parent, in `decide-guaranteed.ts`.
 */
import type { Micros } from '../../clock.ts'
import type { BucketState, CountingRule, Decider, Unused } from '../../kind.ts'
import { floorDiv } from '../../whole-number.ts'
import { countingDecider } from '../counting.ts'

/** A guaranteed share, as the stores use it. Its capacity is the guarantee; what a child gets beyond it is not promised. */
export interface GuaranteedRule extends CountingRule {
  readonly kind: 'guaranteed'
  /** The guarantee: units of each period. */
  readonly capacity: number
  /** The same: all of it comes back with the next period. */
  readonly refill: number
  readonly perMs: number
  /** Units are counted as they are. */
  readonly scale: 1
  /** The period in microseconds, that of the parent, aligned to the epoch. */
  readonly periodUs: number
}

/** Whether a rule is a guaranteed share, which is decided beside its parent. */
export function isGuaranteed(rule: CountingRule): rule is GuaranteedRule {
  return rule.kind === 'guaranteed'
}

/** Periods for which the guarantee of a child is active that has asked: this one and the next. */
export const activeFor = 2

function advance(state: BucketState, now: Micros, rule: GuaranteedRule): BucketState {
  const { used, last, carried } = state
  // A clock that went back further than the bucket takes to fill jumped there and back; it must not count for the length of the jump.
  if (now < last) return last - now > rule.periodUs ? { used, last: now, carried } : state
  const periods = periodsBetween(last, now, rule)
  return periods === 0 ? { used, last: now, carried } : { used: 0, last: now, carried: Math.max(0, carried - periods) }
}

function waitFor(_units: number, { last }: BucketState, now: Micros, rule: GuaranteedRule): Micros {
  return startOfNext(Math.max(now, last), rule) - now
}

/** Units come back within their period alone. */
function returnable({ units, chargedAt }: Unused, now: Micros, rule: GuaranteedRule): number {
  return periodsBetween(chargedAt, now, rule) > 0 ? 0 : units
}

/** How many periods have begun between two moments. */
export function periodsBetween(from: Micros, to: Micros, { periodUs }: Pick<GuaranteedRule, 'periodUs'>): number {
  return floorDiv(to, periodUs) - floorDiv(from, periodUs)
}

/** When the period after that of a moment begins. */
export function startOfNext(moment: Micros, { periodUs }: Pick<GuaranteedRule, 'periodUs'>): Micros {
  return (floorDiv(moment, periodUs) + 1) * periodUs
}

/** The buckets of guaranteed shares. */
export const guaranteedDecider: Decider<GuaranteedRule> = countingDecider({
  advance,
  missing: ({ used }) => used,
  lacking: (amount, now) => ({ used: amount, last: now, carried: 0 }),
  debit: ({ used, last, carried }, amount) => ({ used: used + amount, last, carried }),
  returnable,
  giveBack: ({ used, last, carried }, amount) => ({ used: Math.max(0, used - amount), last, carried }),
  waitFor,
})
