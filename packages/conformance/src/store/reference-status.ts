/** The limit statuses of the model, for its buckets and children. */
import type { Charge, LimitFacts, LimitStatus, Micros, Terms } from '@sluice/core'
import type { BucketStatus } from '@sluice/core/internal'
import { describeBucket, type ReferenceBucket } from './reference-bucket.ts'
import type { ChildLook } from './reference-children.ts'

/** The status of a bucket, as decisions contain it. */
export function statusOf(limit: LimitFacts, bucket: ReferenceBucket, now: Micros, cost: number, blockedUs: Micros): LimitStatus {
  return limitStatus({ limit, cost }, bucket.terms, describeBucket(bucket, now, cost), blockedUs)
}

/** The status of a child. It describes the guarantee alone, which is full again with the next period. */
export function childStatus(charge: Pick<Charge, 'limit' | 'cost'>, look: ChildLook, now: Micros, blockedUs: Micros): LimitStatus {
  const { terms } = look.child
  const { capacity, periodUs } = terms.rule
  const untilNext = look.remaining === capacity ? 0 : periodUs - (now % periodUs)
  return limitStatus(charge, terms, { ...look, replenishUs: untilNext, resetUs: untilNext }, blockedUs)
}

function limitStatus(
  { limit, cost }: Pick<Charge, 'limit' | 'cost'>,
  { rule }: Pick<Terms, 'rule'>,
  { admits, remaining, retryUs, replenishUs, resetUs }: BucketStatus & { readonly admits: boolean },
  blockedUs: Micros,
): LimitStatus {
  const forever = isForever(blockedUs)
  const wait = (us: Micros): number => (forever ? 0 : Math.ceil(Math.max(us, blockedUs) / 1000))
  return {
    name: limit.name,
    allowed: admits && blockedUs === 0,
    shadow: limit.shadow,
    near: rule.capacity - remaining >= rule.capacity * limit.nearAt,
    capacity: rule.capacity,
    cost,
    remaining: blockedUs === 0 ? remaining : 0,
    retryAfterMs: retryUs === null || forever ? null : wait(retryUs),
    replenishAfterMs: wait(replenishUs),
    resetAfterMs: wait(resetUs),
    rule,
    disclose: limit.disclose,
    parent: limit.parent,
    ...(blockedUs > 0 && { blockedForMs: forever ? null : wait(0) }),
  }
}

/** A block of 100 years has no end: half of them is far from it, and from the longest block with an end. */
function isForever(blockedUs: Micros): boolean {
  return blockedUs > 50 * 366 * 86_400_000_000
}

/** What an operator sees of a key that is only blocked, of a limit whose rule is not known. */
export function blockedAlone({ name, shadow, disclose, parent }: Charge['limit'], blockedUs: Micros): LimitStatus {
  const blockedForMs = Math.ceil(blockedUs / 1000)
  const waits = isForever(blockedUs)
    ? { retryAfterMs: null, replenishAfterMs: 0, resetAfterMs: 0, blockedForMs: null }
    : { retryAfterMs: blockedForMs, replenishAfterMs: blockedForMs, resetAfterMs: blockedForMs, blockedForMs }
  return {
    name,
    allowed: false,
    shadow,
    near: true,
    capacity: 0,
    cost: 0,
    remaining: 0,
    ...waits,
    rule: { kind: 'unknown' },
    disclose,
    parent,
  }
}

/** A charge as it would be decided by itself. */
export interface Look {
  readonly charge: Charge
  readonly bucket: ReferenceBucket
  /** Whether the bucket is to be kept as it is now even if the charge is refused. */
  readonly keep: boolean
  readonly status: LimitStatus
}
