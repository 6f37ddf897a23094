/**
 * What is reserved for the children of one parent, as one record. It says how much of this period is reserved for active guarantees that
 * are not used yet, and how much of the next period for children that have asked in this one.
 *
 * With it a call need not look at any other child. The record is a sum of what each child's bucket says. Where one of them was lost it is
 * wrong, for two periods at most, and then reserves too much or too little for somebody. The parent's own bucket enforces its capacity,
 * whatever the record says.
 */
import type { Micros } from '../../clock.ts'
import type { Terms } from '../../store.ts'
import { countingDecider, ofOneWindow } from '../counting.ts'
import { intern } from '../intern.ts'
import { type BucketKind, type BucketState, type CountingRule, ruleOf } from '../kind.ts'
import { activeFor, type GuaranteedRule, periodsBetween, startOfNext } from './guaranteed.ts'

/** The rule of such records, so that stores may keep them among their buckets. `used` is what is reserved, `carried` what was asked for. */
export interface ReservedSharesRule extends CountingRule {
  readonly kind: 'reserved-shares'
  readonly capacity: 0
  readonly scale: 1
  readonly periodUs: number
}

/** The record at `now`. The guarantee of a child that asked in the last period is active in this one; others are forgotten. */
export function advanceReserved(state: BucketState, now: Micros, rule: Pick<ReservedSharesRule, 'periodUs'>): BucketState {
  const { used, last, carried } = state
  if (now < last) return last - now > rule.periodUs ? { used, last: now, carried } : state
  const periods = periodsBetween(last, now, rule)
  if (periods === 0) return { used, last: now, carried }
  return { used: periods === 1 ? carried : 0, last: now, carried: 0 }
}

/** Records as buckets: nobody is admitted by one, and one that reserves nothing has expired. */
const reservedSharesKind: BucketKind<ReservedSharesRule> = {
  name: 'reserved-shares',
  part: (rule) => rule,
  ...countingDecider<ReservedSharesRule>({
    ...ofOneWindow,
    advance: advanceReserved,
    returnable: () => 0,
    waitFor: (_units, { last }, now, rule) => startOfNext(Math.max(now, last), rule) - now,
  }),
}

const known = new WeakMap<ReservedSharesRule, Terms>()

/** The terms of the record of a parent whose children are guaranteed parts of such a period. */
export function reservedTerms({ periodUs }: GuaranteedRule): Terms {
  const rule = intern(`reserved-shares ${periodUs}`, () => ruleOf(reservedSharesKind, { capacity: 0, scale: 1, periodUs }))
  const terms = known.get(rule) ?? Object.freeze({ rule, initial: 0, version: 0 })
  known.set(rule, terms)
  return terms
}

/** What a record counts of one child. */
export interface Counted {
  /** The unused guarantee: reserved for it in this period. */
  readonly unused: number
  /** Reserved for it in the next, since it has asked. */
  readonly asked: number
}

export const countedNothing: Counted = Object.freeze({ unused: 0, asked: 0 })

/** What the record counts of a child with such a bucket *at now*. */
export function countedOf({ used, carried }: BucketState, { capacity }: GuaranteedRule): Counted {
  return { unused: carried > 0 ? Math.max(0, capacity - used) : 0, asked: carried === activeFor ? capacity : 0 }
}

/** A record *at now* after the bucket of one child has changed. */
export function recount({ used, last, carried }: BucketState, before: Counted, after: Counted): BucketState {
  return { used: Math.max(0, used - before.unused) + after.unused, last, carried: Math.max(0, carried - before.asked) + after.asked }
}
