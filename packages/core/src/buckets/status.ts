/** The status of one limit, as decisions carry it. Stores build it from the bucket and the rule, in this one place. */

import type { Micros } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import type { CountingRule } from '../rules/algorithm.ts'
import { algorithmOf } from '../rules/algorithms.ts'
import type { ConcurrencyRule } from '../rules/concurrency-rule.ts'
import type { BucketState } from '../rules/rule.ts'
import type { LimitFacts, Terms } from '../store.ts'
import type { Bucket } from './bucket.ts'

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
  const standing = algorithmOf(rule).stand(state, now, cost, rule)
  return {
    name: limit.name,
    allowed: admitted,
    shadow: limit.shadow,
    near: rule.capacity - standing.remaining >= rule.capacity * limit.nearAt,
    capacity: rule.capacity,
    cost,
    remaining: standing.remaining,
    retryAfterMs: admitted ? 0 : standing.retryUs === null ? null : Math.ceil(standing.retryUs / 1000),
    replenishAfterMs: Math.ceil(standing.replenishUs / 1000),
    resetAfterMs: Math.ceil(standing.resetUs / 1000),
    rule,
    disclose: limit.disclose,
    parent: limit.parent,
  }
}

/** The slots of a key, expired ones left out. */
export interface SlotsHeld {
  readonly held: number
  /** None comes free by itself before. */
  readonly firstEnd: Micros
  /** All have come free by then. */
  readonly lastEnd: Micros
}

/** Slots come free when their holders are done, which nobody knows: a second is a polite guess. */
const guessUs = 1_000_000

/** The status of a limit on what happens at the same time. */
export function slotStatusOf(
  limit: LimitFacts,
  rule: ConcurrencyRule,
  slots: SlotsHeld,
  now: Micros,
  cost: number,
  admitted: boolean,
): LimitStatus {
  const { held, firstEnd, lastEnd } = slots
  const remaining = Math.max(0, rule.capacity - held)
  const guessMs = held === 0 ? 0 : Math.ceil(Math.min(firstEnd - now, guessUs) / 1000)
  return {
    name: limit.name,
    allowed: admitted,
    shadow: limit.shadow,
    near: held >= rule.capacity * limit.nearAt,
    capacity: rule.capacity,
    cost,
    remaining,
    retryAfterMs: admitted ? 0 : guessMs,
    replenishAfterMs: guessMs,
    resetAfterMs: held === 0 ? 0 : Math.ceil((lastEnd - now) / 1000),
    estimated: true,
    rule,
    disclose: limit.disclose,
    parent: limit.parent,
  }
}

/** The status of a limit whose key is blocked for another `blockedUs`: nothing is admitted before that. */
export function blockedStatus(status: LimitStatus, blockedUs: Micros): LimitStatus {
  const blockedMs = Math.ceil(blockedUs / 1000)
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
): LimitStatus {
  const { rule, initial } = bucket?.terms ?? terms ?? { rule: noRule, initial: 0 }
  // Without a rule the only thing known is the block, and a cost of 0 is what no rule makes impossible.
  const cost = rule === noRule ? 0 : 1
  const { admits, before } = algorithmOf(rule).decide(bucket?.state, now, cost, rule, initial)
  const open = statusOf(limit, rule, before, now, cost, admits)
  return blockedUs === 0 ? open : blockedStatus(open, blockedUs)
}

const noRule: CountingRule = Object.freeze({
  kind: 'token-bucket',
  mode: 'greedy',
  capacity: 0,
  refill: 0,
  perMs: 1,
  rate: 1,
  scale: 1,
  periodUs: 1000,
})
