/** What the model tells of its buckets and children. */
import type { Micros } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import type { Charge, LimitFacts } from '../store.ts'
import { type ReferenceBucket, standing } from './reference-bucket.ts'
import type { ChildLook } from './reference-children.ts'

/** What callers are told of a bucket. */
export function statusOf(limit: LimitFacts, bucket: ReferenceBucket, now: Micros, cost: number, blockedUs: Micros): LimitStatus {
  const { rule } = bucket.terms
  const { admits, remaining, retryUs, replenishUs, resetUs } = standing(bucket, now, cost)
  const wait = (us: Micros): number => Math.ceil(Math.max(us, blockedUs) / 1000)
  return {
    name: limit.name,
    allowed: admits && blockedUs === 0,
    shadow: limit.shadow,
    near: rule.capacity - remaining >= rule.capacity * limit.nearAt,
    capacity: rule.capacity,
    cost,
    remaining: blockedUs === 0 ? remaining : 0,
    retryAfterMs: retryUs === null ? null : wait(retryUs),
    replenishAfterMs: wait(replenishUs),
    resetAfterMs: wait(resetUs),
    rule,
    disclose: limit.disclose,
    parent: limit.parent,
    ...(blockedUs > 0 && { blockedForMs: wait(0) }),
  }
}

/** All that a child is told is about its guarantee, which is there again with the next period. */
export function childStatus(
  { limit, cost }: Charge,
  { child, admits, remaining, retryUs }: ChildLook,
  now: Micros,
  blockedUs: Micros,
): LimitStatus {
  const { rule } = child.terms
  const wait = (us: Micros): number => Math.ceil(Math.max(us, blockedUs) / 1000)
  const untilNext = remaining === rule.capacity ? 0 : rule.periodUs - (now % rule.periodUs)
  return {
    name: limit.name,
    allowed: admits && blockedUs === 0,
    shadow: limit.shadow,
    near: rule.capacity - remaining >= rule.capacity * limit.nearAt,
    capacity: rule.capacity,
    cost,
    remaining: blockedUs === 0 ? remaining : 0,
    retryAfterMs: retryUs === null ? null : wait(retryUs),
    replenishAfterMs: wait(untilNext),
    resetAfterMs: wait(untilNext),
    rule,
    disclose: limit.disclose,
    parent: limit.parent,
    ...(blockedUs > 0 && { blockedForMs: wait(0) }),
  }
}
