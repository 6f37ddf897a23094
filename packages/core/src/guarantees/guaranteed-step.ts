/**
 * One cost against a guaranteed share, beside its parent, decided purely.
 *
 * A child that is under its guarantee is admitted whenever its parent can pay; one above it only where the parent, having paid, still
 * has what the other children that are present have not used of theirs. So unused guarantees flow to whoever asks, and come back with
 * the next period. The parent pays for itself, in the same call: nothing here can exceed it.
 */

import { type Bucket, underTerms } from '../buckets/bucket.ts'
import { epochAt } from '../buckets/epoch.ts'
import type { Migrate } from '../buckets/migrate.ts'
import { statusOf } from '../buckets/status.ts'
import type { Micros } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import type { CountingRule } from '../rules/algorithm.ts'
import { algorithmOf } from '../rules/algorithms.ts'
import type { BurstMaxRule } from '../rules/burst-max-rule.ts'
import type { Counted } from '../rules/guarantee-pool.ts'
import { presentFor, startOfNext } from '../rules/guaranteed.ts'
import type { GuaranteedRule } from '../rules/guaranteed-rule.ts'
import type { BucketState } from '../rules/rule.ts'
import { floorDiv } from '../rules/whole-number.ts'
import type { LimitFacts, Terms } from '../store.ts'
import { countedIn } from './guaranteed-settlement.ts'

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
  const { before: state } = algorithmOf(rule).decide(current?.state, now, 0, rule, rule.capacity)
  const epoch = current === undefined ? 0 : epochAt(current, now)
  return { terms: under, rule, state, counted: countedIn(bucket, now, rule.periodUs), epoch }
}

/** A cost against a child's bucket. */
export interface GuaranteedStep {
  readonly admits: boolean
  /** Until the same cost would be admitted, if nobody else asks; `null` when it never can be, 0 when it is. */
  readonly retryUs: Micros | null
}

/** @param pool - the record of the parent *at now* */
export function decideGuaranteed(child: ChildFound, pool: BucketState, parent: ParentFound, now: Micros, cost: number): GuaranteedStep {
  const { rule, state, counted } = child
  const unmet = Math.max(0, rule.capacity - state.used)
  const keptForOthers = Math.max(0, pool.used - counted.unmet)
  const admits = cost === 0 || cost <= unmet || parent.cost + keptForOthers <= spareOf(parent.rule, parent.state)
  if (admits) return { admits, retryUs: 0 }
  return { admits, retryUs: waitFor(cost, child, Math.max(0, pool.carried - counted.asked), parent, now) }
}

/**
 * Its guarantee is there again with the next period. What is more than that must wait until the others' are not kept any more: one
 * period for those who have asked in this one, if they ask no more. From then on nothing but the parent can refuse.
 */
function waitFor(cost: number, { rule, state }: ChildFound, others: number, parent: ParentFound, now: Micros): Micros | null {
  if (cost > Math.max(rule.capacity, mostOf(parent.rule))) return null
  const next = startOfNext(Math.max(now, state.last), rule)
  if (cost <= rule.capacity) return next - now
  const then = spareOf(parent.rule, algorithmOf(parent.rule).advance(parent.state, next, parent.rule))
  return (parent.cost + others <= then ? next : startOfNext(next, rule)) - now
}

/**
 * Whole units of a parent's bucket *at now* that may go to whoever asks. A burst is taken from the next period, which others are
 * guaranteed a part of: it is not for those who borrow.
 */
function spareOf(rule: CountingRule, state: BucketState): number {
  const { capacity, scale } = rule
  const left = isBurstMax(rule) ? rule.rate - state.carried - state.used : capacity * scale - algorithmOf(rule).missing(state, rule)
  return left <= 0 ? 0 : floorDiv(left, scale)
}

/** The most that can ever be spare. */
function mostOf(rule: CountingRule): number {
  return isBurstMax(rule) ? floorDiv(rule.rate, rule.scale) : rule.capacity
}

function isBurstMax(rule: CountingRule): rule is BurstMaxRule {
  return rule.kind === 'burst-max'
}

/** A child that has asked: present in this period and the next. */
export function present({ used, last }: BucketState): BucketState {
  return { used, last, carried: presentFor }
}

/**
 * The status of a guaranteed share: of its guarantee, and what is left of that. How much more it could have is not told, for that would
 * tell how much its parent has, which may be nobody's business.
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
