/** Settling, giving back and renewing what a memory store holds, and refunds. */
import { refundUnits, settleCharge } from '../buckets/settlement.ts'
import type { Micros } from '../clock.ts'
import { ruleKind } from '../rules/kind.ts'
import type { Charge, HeldCharge, Hold, Settled } from '../store.ts'
import type { MemoryBuckets } from './memory-buckets.ts'
import { type MemoryTable, overflowKey } from './memory-table.ts'

/** What one call has charged. */
export interface MemoryHold extends Hold {
  readonly entries: readonly MemoryCharge[]
  /** The generation of buckets that it was charged to; 0 once it is settled. */
  openIn: number
}

/** What one bucket was charged, or one slot. */
export interface MemoryCharge extends HeldCharge {
  /** Where it was charged and is settled, whatever bucket the key has by then: its own, or the overflow bucket. */
  readonly bucket: string
}

/** Replaces what a hold charged by what was used, once. */
export function settle(buckets: MemoryBuckets, hold: MemoryHold, actual: readonly number[], now: Micros): Settled {
  const first = hold.openIn > 0
  // Nothing returns to buckets that were made after all were cleared; what was used beyond the charge is owed in any case.
  const returns = hold.openIn === buckets.generation()
  hold.openIn = 0
  const settleOne = (held: MemoryCharge, i: number): number => {
    const used = actual[i] ?? held.units
    return first && (returns || used > held.units) ? settleCharged(buckets, held, hold.entries, used, now) : 0
  }
  return { first, excess: hold.entries.map(settleOne) }
}

/** Gives holds back, as far as they are open. @returns those that were */
export function giveBack(buckets: MemoryBuckets, holds: readonly Hold[], now: Micros): readonly MemoryHold[] {
  const open = (holds as readonly MemoryHold[]).filter((hold) => hold.openIn > 0)
  for (const hold of open) settle(buckets, hold, hold.entries.map(nothingUsed), now)
  return open
}

/** Whether one of these holds charged the bucket of a charge. */
export function isHeldBy(holds: readonly Hold[], { limit, key }: Pick<Charge, 'limit' | 'key'>): boolean {
  return holds.some(({ entries }) => entries.some((held) => held.limit.name === limit.name && held.key === key))
}

function nothingUsed(): number {
  return 0
}

function settleCharged(buckets: MemoryBuckets, held: MemoryCharge, among: readonly MemoryCharge[], used: number, now: Micros): number {
  const table = buckets.table(held.limit.name)
  const key = keyToSettle(buckets, table, held, used)
  const own = held.terms.rule[ruleKind].memory
  if (own !== undefined) return own.settle(buckets, held, key, among, used, now)
  const slot = table.find(key)
  const { bucket, excess } = settleCharge(slot < 0 ? undefined : table.read(slot), held, used, now)
  if (bucket !== undefined) buckets.write(table, slot, key, bucket)
  return excess
}

/** Where a charge is settled. While the store is full, a debt of a key without a bucket is owed by the bucket that such keys share. */
function keyToSettle(buckets: MemoryBuckets, table: MemoryTable, { bucket, units }: MemoryCharge, used: number): string {
  return used > units && table.find(bucket) < 0 && buckets.full() ? overflowKey : bucket
}

/** Prolongs what a hold has for a time; false if any of it has expired, or the hold is settled. */
export function renew(buckets: MemoryBuckets, { openIn, entries }: MemoryHold, now: Micros): boolean {
  if (openIn === 0) return false
  const expired = entries.filter((held) => held.terms.rule[ruleKind].memory?.renew?.(buckets, held, now) === false)
  return expired.length === 0
}

/** Gives back units that no reservation holds. */
export function refund(buckets: MemoryBuckets, charge: Charge, among: readonly Charge[], now: Micros): void {
  const { limit, key, terms, cost } = charge
  const own = terms.rule[ruleKind].memory
  if (own !== undefined) {
    own.refund(buckets, charge, among, now)
    return
  }
  const table = buckets.table(limit.name)
  const slot = table.find(key)
  if (slot < 0) return
  const bucket = refundUnits(table.read(slot), cost, now)
  if (bucket !== undefined) buckets.write(table, slot, key, bucket)
}
