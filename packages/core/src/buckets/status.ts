/** The status of one limit, as decisions carry it. Stores build it from the bucket and the rule, in this one place. */

import type { Micros } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import { type BucketState, bucketKind, type CountingRule, type Rule, ruleKind } from '../kind.ts'
import { isForever } from '../options.ts'
import type { LimitFacts, Migrate, Terms } from '../store.ts'
import { type Bucket, underTerms } from './bucket.ts'

/**
 * @param state - the bucket *at now*
 * @param admitted - whether the limit admitted the cost; then nothing needs to be waited for, however little is left
 */
export function statusOf(
  limit: LimitFacts,
  rule: CountingRule,
  state: BucketState,
  now: Micros,
  cost: number,
  admitted: boolean,
): LimitStatus {
  const { remaining, retryUs, replenishUs, resetUs } = bucketKind(rule).describe(state, now, cost, rule)
  // Of a capacity of 0 nothing ever comes back, either.
  const { isLasting = rule.capacity === 0 } = rule[ruleKind]
  return {
    name: limit.name,
    allowed: admitted,
    shadow: limit.shadow,
    near: rule.capacity - remaining >= rule.capacity * limit.nearAt,
    capacity: rule.capacity,
    cost,
    remaining,
    retryAfterMs: admitted ? 0 : retryUs === null || isLasting ? null : Math.ceil(retryUs / 1000),
    replenishAfterMs: isLasting ? 0 : Math.ceil(replenishUs / 1000),
    resetAfterMs: isLasting ? 0 : Math.ceil(resetUs / 1000),
    rule,
    disclose: limit.disclose,
    parent: limit.parent,
  }
}

/** The status of a limit whose key is blocked for another `blockedUs`: nothing is admitted before that. A block without an end has no waits. */
export function blockedStatus(status: LimitStatus, blockedUs: Micros): LimitStatus {
  const blockedMs = Math.ceil(blockedUs / 1000)
  if (isForever(blockedMs))
    return { ...status, allowed: false, remaining: 0, retryAfterMs: null, replenishAfterMs: 0, resetAfterMs: 0, blockedForMs: null }
  const { retryAfterMs, replenishAfterMs, resetAfterMs } = status
  return {
    ...status,
    allowed: false,
    remaining: 0,
    retryAfterMs: retryAfterMs === null ? null : Math.max(blockedMs, retryAfterMs),
    replenishAfterMs: Math.max(blockedMs, replenishAfterMs),
    resetAfterMs: Math.max(blockedMs, resetAfterMs),
    blockedForMs: blockedMs,
  }
}

/** What an operator sees of a bucket; one that is only blocked, and whose rule is not known without a subject, shows no capacity. */
export function inspectedStatus(
  limit: LimitFacts,
  bucket: Bucket | undefined,
  terms: Terms | null,
  now: Micros,
  blockedUs: Micros,
  how?: Migrate,
): LimitStatus {
  const entered = bucket !== undefined && terms !== null && how !== undefined ? underTerms(bucket, terms, now, how) : bucket
  const under = entered?.terms ?? terms
  const open = under === null ? statusWithoutRule(limit) : statusUnder(limit, under, entered?.state, now)
  return blockedUs === 0 ? open : blockedStatus(open, blockedUs)
}

function statusUnder(limit: LimitFacts, { rule, initial }: Terms, state: BucketState | undefined, now: Micros): LimitStatus {
  const { admits, before } = bucketKind(rule).decide(state, now, 1, rule, initial)
  return statusOf(limit, rule, before, now, 1, admits)
}

/** Without a rule the only thing known is the block. A cost of 0 is admitted by every rule. */
function statusWithoutRule({ name, shadow, disclose, parent }: LimitFacts): LimitStatus {
  const waits = { retryAfterMs: 0, replenishAfterMs: 0, resetAfterMs: 0 }
  return { name, allowed: true, shadow, near: true, capacity: 0, cost: 0, remaining: 0, ...waits, rule: noRule, disclose, parent }
}

const noRule: Rule = Object.freeze({ kind: 'unknown' })
