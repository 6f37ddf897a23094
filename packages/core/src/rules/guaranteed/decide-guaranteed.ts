/**
 * One cost against a guaranteed share, beside its parent, decided purely.
 *
 * A child below its guarantee is admitted whenever its parent can pay. One above it is admitted only if the parent, having paid, still has
 * the unused active guarantees of the other children. So unused guarantees flow to the children that ask, and come back with the next period. The
 * parent pays for itself, in the same call: nothing here can exceed it.
 */

import { type Bucket, epochAt, underTerms } from '../../buckets/bucket.ts'
import { statusOf } from '../../buckets/status.ts'
import type { Micros } from '../../clock.ts'
import type { LimitStatus } from '../../decision.ts'
import { type BucketState, bucketKind, type CountingRule } from '../../kind.ts'
import type { LimitFacts, Migrate, Terms } from '../../store.ts'
import { floorDiv } from '../../whole-number.ts'
import { activeFor, type GuaranteedRule, guaranteedDecider, startOfNext } from './guaranteed.ts'
import { countedIn } from './guaranteed-settlement.ts'
import type { Counted } from './reserved-shares.ts'

/** The parent's part in the same call. */
export interface ParentFound {
  readonly rule: CountingRule
  /** Its bucket *at now*, uncharged. */
  readonly state: BucketState
  /** What it is to pay: that of the child, or less where it has paid for an earlier stage of the request. */
  readonly cost: number
}

/** A child's bucket as a call finds it. */
export interface ChildFound {
  readonly terms: Terms
  readonly rule: GuaranteedRule
  /** *At now*, uncharged. */
  readonly state: BucketState
  /** What the record of its parent counts of it. */
  readonly counted: Counted
  readonly epoch: Micros
}

/** The bucket of a child at `now`, under the terms of a call. A rule that changed leaves what is counted of it to be corrected. */
export function findChild(bucket: Bucket | undefined, terms: Terms, now: Micros, how: Migrate): ChildFound {
  const current = bucket === undefined ? undefined : underTerms(bucket, terms, now, how)
  const under = current?.terms ?? terms
  // Guaranteed by what chose this way of deciding, or stored by a later policy under this same name.
  const rule = under.rule as GuaranteedRule
  const { before: state } = guaranteedDecider.decide(current?.state, now, 0, rule, rule.capacity)
  const epoch = current === undefined ? 0 : epochAt(current, now)
  return { terms: under, rule, state, counted: countedIn(bucket, now, rule.periodUs), epoch }
}

/** A cost against a child's bucket. */
export interface GuaranteedStep {
  readonly admits: boolean
  /** Until the same cost would be admitted, if no other key asks; `null` when it never can be, 0 when it is. */
  readonly retryUs: Micros | null
}

/** Decides a cost for a child. @param reserved - the record of the parent *at now* */
export function decideGuaranteed(child: ChildFound, reserved: BucketState, parent: ParentFound, now: Micros, cost: number): GuaranteedStep {
  const { rule, state, counted } = child
  const unused = Math.max(0, rule.capacity - state.used)
  const reservedForOthers = Math.max(0, reserved.used - counted.unused)
  const admits = cost === 0 || cost <= unused || parent.cost + reservedForOthers <= lendableUnits(parent.rule, parent.state)
  if (admits) return { admits, retryUs: 0 }
  return { admits, retryUs: waitFor(cost, child, Math.max(0, reserved.carried - counted.forNext), parent, now) }
}

/**
 * The guarantee is there again with the next period. A cost above it must wait until nothing is reserved for the others any more. For
 * children that have asked in this period that takes one period, if they ask no more. From then on only the parent can refuse.
 */
function waitFor(cost: number, { rule, state }: ChildFound, others: number, parent: ParentFound, now: Micros): Micros | null {
  if (cost > Math.max(rule.capacity, mostLendable(parent.rule))) return null
  const next = startOfNext(Math.max(now, state.last), rule)
  if (cost <= rule.capacity) return next - now
  const then = lendableUnits(parent.rule, bucketKind(parent.rule).advance(parent.state, next, parent.rule))
  return (parent.cost + others <= then ? next : startOfNext(next, rule)) - now
}

/** Whole units of a parent's bucket *at now* that a child above its guarantee may take. */
function lendableUnits(rule: CountingRule, state: BucketState): number {
  const { lendable, missing } = bucketKind(rule)
  const left = lendable === undefined ? rule.capacity * rule.scale - missing(state, rule) : lendable(state, rule)
  return left <= 0 ? 0 : floorDiv(left, rule.scale)
}

/** The most of them at any time: those of a full bucket. */
function mostLendable(rule: CountingRule): number {
  return lendableUnits(rule, bucketKind(rule).lacking(0, 0, rule))
}

/** A child that has asked: its guarantee is active in this period and the next. */
export function activated({ used, last }: BucketState): BucketState {
  return { used, last, carried: activeFor }
}

/**
 * The status of a guaranteed share: its guarantee, and what is left of it. It does not say how much more the child could have, because that
 * would disclose how much its parent has.
 */
export function guaranteedStatusOf(
  limit: LimitFacts,
  rule: GuaranteedRule,
  state: BucketState,
  now: Micros,
  cost: number,
  { admits, retryUs }: GuaranteedStep,
): LimitStatus {
  const status = statusOf(limit, rule, state, now, cost, admits)
  return admits ? status : { ...status, retryAfterMs: retryUs === null ? null : Math.ceil(retryUs / 1000) }
}
