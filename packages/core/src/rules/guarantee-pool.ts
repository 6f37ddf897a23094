/**
 * What is kept for the children of one parent, as one record: so much of this period belongs to those who have not used their
 * guarantees yet, and so much of the next to those who have asked in this one.
 *
 * With it a call need not look at any other child. The record is a sum of what each child's bucket says; where one of them was lost it
 * is wrong, for two periods at most, and then keeps too much or too little for somebody. The parent's own bucket is what holds its
 * capacity, whatever stands here.
 */

import type { Micros } from '../clock.ts'
import type { CountingRule } from './algorithm.ts'
import { periodsBetween, presentFor } from './guaranteed.ts'
import type { GuaranteedRule } from './guaranteed-rule.ts'
import { type BucketState, intern, type Rule } from './rule.ts'

/** The rule of such records, so that stores may keep them among their buckets. `used` is what is kept, `carried` what was asked for. */
export interface PoolRule extends Rule {
  readonly kind: 'guarantee-pool'
  readonly capacity: 0
  readonly scale: 1
  readonly periodUs: number
}

/** Whether a bucket is such a record. */
export function isPool(rule: CountingRule): rule is PoolRule {
  return rule.kind === 'guarantee-pool'
}

/** The rule of the record of a parent whose children are guaranteed parts of such a period. */
export function poolRule({ periodUs }: GuaranteedRule): PoolRule {
  return intern(`guarantee-pool ${periodUs}`, (): PoolRule => ({ kind: 'guarantee-pool', capacity: 0, scale: 1, periodUs }))
}

/** The record at `now`. Who has asked in the last period is present in this one; who has not asked since is forgotten. */
export function advancePool(state: BucketState, now: Micros, rule: Pick<PoolRule, 'periodUs'>): BucketState {
  const { used, last, carried } = state
  if (now < last) return last - now > rule.periodUs ? { used, last: now, carried } : state
  const periods = periodsBetween(last, now, rule)
  if (periods === 0) return { used, last: now, carried }
  return { used: periods === 1 ? carried : 0, last: now, carried: 0 }
}

/** Whether a record keeps nothing for anybody. */
export function isEmptyPool({ used, carried }: BucketState): boolean {
  return used === 0 && carried === 0
}

/** What a record counts of one child. */
export interface Counted {
  /** Kept for it in this period. */
  readonly unmet: number
  /** Kept for it in the next, since it has asked. */
  readonly asked: number
}

export const countedNothing: Counted = Object.freeze({ unmet: 0, asked: 0 })

/** What the record counts of a child whose bucket stands so *at now*. */
export function countedOf({ used, carried }: BucketState, { capacity }: GuaranteedRule): Counted {
  return { unmet: carried > 0 ? Math.max(0, capacity - used) : 0, asked: carried === presentFor ? capacity : 0 }
}

/** A record *at now* in which one child stands otherwise than before. */
export function recount({ used, last, carried }: BucketState, before: Counted, after: Counted): BucketState {
  return { used: Math.max(0, used - before.unmet) + after.unmet, last, carried: Math.max(0, carried - before.asked) + after.asked }
}
