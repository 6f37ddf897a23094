/**
 * The units that are reserved for the children of one parent, as one record. `used` is reserved in this period, for active guarantees that
 * are not used yet. `carried` is reserved in the next period, for children that have asked in this one.
 *
 * With it a call reads no other child. The record is a sum over the buckets of the children. If one of those is lost, the record is wrong
 * for two periods at most, and reserves too much or too little. The parent's own bucket enforces its capacity, whatever the record says.
 */
import type { Micros } from '../../clock.ts'
import { type BucketKind, type BucketState, type CountingRule, intern, ruleOf } from '../../kind.ts'
import type { Terms } from '../../store.ts'
import { countingDecider, ofOneWindow } from '../counting.ts'
import { activeFor, type GuaranteedRule, periodsBetween, startOfNext } from './guaranteed.ts'

/** The rule of these records, so that stores keep them among their buckets. */
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

/** Records as buckets: none of them admits a call, and one that reserves nothing has expired. */
export const reservedSharesKind: BucketKind<ReservedSharesRule> = {
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
  /** Reserved for it in the next period, because it has asked in this one. */
  readonly forNext: number
}

export const countedNothing: Counted = Object.freeze({ unused: 0, forNext: 0 })

/** What the record counts of a child with such a bucket *at now*. */
export function countedOf({ used, carried }: BucketState, { capacity }: GuaranteedRule): Counted {
  return { unused: carried > 0 ? Math.max(0, capacity - used) : 0, forNext: carried === activeFor ? capacity : 0 }
}

/** A record *at now* after the bucket of one child has changed. */
export function recount({ used, last, carried }: BucketState, before: Counted, after: Counted): BucketState {
  return { used: Math.max(0, used - before.unused) + after.unused, last, carried: Math.max(0, carried - before.forNext) + after.forNext }
}
