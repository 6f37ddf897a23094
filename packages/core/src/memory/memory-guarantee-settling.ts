/** Settling and refunding guaranteed shares in a memory store: the bucket changes, and what is kept for its child. */
import type { Bucket } from '../buckets/bucket.ts'
import { refundUnits } from '../buckets/settlement.ts'
import type { Micros } from '../clock.ts'
import { countedIn, settleGuaranteed } from '../guarantees/guaranteed-settlement.ts'
import { isGuaranteed } from '../rules/guaranteed-rule.ts'
import type { Charge, HeldCharge, LimitFacts } from '../store.ts'
import type { MemoryBuckets } from './memory-buckets.ts'
import { readOwn, writeBucket, writePool } from './memory-guarantee-pools.ts'

/**
 * Settles what a hold has of a guaranteed share. No units can be left over: a debt is its parent's.
 * @param key - of the bucket to settle
 * @param among - all that was held together
 */
export function settleGuarantee(
  buckets: MemoryBuckets,
  held: HeldCharge,
  key: string,
  among: readonly HeldCharge[],
  actual: number,
  now: Micros,
): 0 {
  revise(buckets, held.limit, key, among, now, (bucket) => settleGuaranteed(bucket, held, actual, now))
  return 0
}

/** Gives units back, at most to the whole guarantee. */
export function refundGuarantee(buckets: MemoryBuckets, charge: Charge, among: readonly Charge[], now: Micros): void {
  revise(buckets, charge.limit, charge.key, among, now, (bucket) => bucket && refundUnits(bucket, charge.cost, now))
}

function revise(
  buckets: MemoryBuckets,
  limit: LimitFacts,
  key: string,
  among: readonly Pick<Charge, 'limit' | 'key'>[],
  now: Micros,
  revised: (bucket: Bucket | undefined) => Bucket | undefined,
): void {
  const parent = among.find((other) => other.limit.name === limit.parent)
  // Where its parent was not charged, neither was the child.
  if (parent === undefined) return
  const table = buckets.table(limit.name)
  const before = readOwn(table, key)
  const after = revised(before)
  if (after === undefined) return
  writeBucket(buckets, table, key, after)
  const { rule } = after.terms
  if (!isGuaranteed(rule)) return
  writePool(buckets, limit, parent.key, rule, now, countedIn(before, now, rule.periodUs), countedIn(after, now, rule.periodUs))
}
