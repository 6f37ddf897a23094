/**
 * Charges on buckets in a memory store, one at a time: whether each could be paid, paying it, and settling, returning and renewing it.
 *
 * No record of a bucket outlives its look-up.
 */

import { epochAt, underTerms } from '../buckets/bucket.ts'
import { uncappedBeside } from '../buckets/migrate.ts'
import { openSince, type RenewableHold, refundUnits, settleCharge } from '../buckets/settlement.ts'
import { blockedStatus, statusOf } from '../buckets/status.ts'
import type { Micros } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import { type BucketState, bucketKind, type CountingRule, ruleKind, type Step } from '../kind.ts'
import type { Call, Charge, HeldCharge, Hold, LimitFacts, Migrate, Settled, Terms } from '../store.ts'
import type { MemoryBuckets } from './memory-buckets.ts'
import type { MemoryKind } from './memory-kind.ts'
import { type MemoryTable, overflowKey } from './memory-table.ts'

/** How a memory store decides a rule; `undefined` if as an ordinary bucket. */
export function memoryKindOf(rule: CountingRule): MemoryKind | undefined {
  return rule[ruleKind].memory as MemoryKind | undefined
}

/** Whether a limit would pay. */
export function admits(buckets: MemoryBuckets, charge: Charge, now: Micros, how: Migrate): boolean {
  const table = buckets.table(charge.limit.name)
  const step = stepOf(charge, table, slotOf(buckets, table, charge.key), now, how)
  return step.admits && (charge.cost === 0 || buckets.blocks.blockedFor(charge.limit.name, charge.key, now) === 0)
}

/** Lets a limit have its charge, if it is to have it and can pay, and says how it stands. */
export function apply(
  buckets: MemoryBuckets,
  charge: Charge,
  now: Micros,
  how: Migrate,
  action: Call['action'],
  allowed: boolean,
): LimitStatus {
  const { limit, cost } = charge
  const table = buckets.table(limit.name)
  const slot = slotOf(buckets, table, charge.key)
  const { admits, before, after, terms, changed, uncapped, epoch } = stepOf(charge, table, slot, now, how)
  const blockedUs = cost === 0 ? 0 : buckets.blocks.blockedFor(limit.name, charge.key, now)
  const paid = allowed && admits && blockedUs === 0 && pays(limit, action)
  const state = paid ? after : before
  if (action !== 'peek' && (state !== before || changed)) {
    const left = uncapped && uncappedBeside(state, uncapped, now, paid ? cost : 0, terms.rule)
    buckets.write(table, slot, slot < 0 && buckets.full() ? overflowKey : charge.key, { state, terms, uncapped: left, epoch })
  }
  const open = statusOf(limit, terms.rule, state, now, cost, admits)
  return blockedUs === 0 ? open : blockedStatus(open, blockedUs)
}

/** With `debit: 'after'` a reservation pays when it is settled. */
export function pays(limit: LimitFacts, action: Call['action']): boolean {
  return action === 'consume' || (action === 'reserve' && limit.debit === 'before')
}

/** The slot of a key: its own, or while the store is full that of the overflow bucket; -1 where there is none yet. */
export function slotOf(buckets: MemoryBuckets, table: MemoryTable, key: string): number {
  const slot = table.find(key)
  return slot < 0 && buckets.full() ? table.overflow : slot
}

/** What a cost does to the bucket of a key, and what even a refusal keeps of it. */
export interface StoredStep extends Step {
  readonly terms: Terms
  /** The uncapped state, before the cost. */
  readonly uncapped: BucketState | undefined
  readonly epoch: Micros
  /** Even a refusal keeps this state: the rule changed, the clock jumped, or the bucket starts with less than its capacity. */
  readonly changed: boolean
}

/** What a cost would do; the slot is that of the key. Nothing is written. */
export function stepOf(charge: Charge, table: MemoryTable, slot: number, now: Micros, how: Migrate): StoredStep {
  const { cost, terms } = charge
  // A bucket made while the overflow bucket is in use starts as that one stands: strangers cannot step out of what they share.
  const source = slot >= 0 ? slot : table.overflow
  if (source < 0) {
    const { admits, before, after } = bucketKind(terms.rule).decide(undefined, now, cost, terms.rule, terms.initial)
    return { admits, before, after, terms, uncapped: undefined, epoch: 0, changed: startsLow(cost, terms) }
  }
  const stored = table.read(source)
  const current = underTerms(stored, terms, now, how)
  const { rule, initial } = current.terms
  const { admits, before, after } = bucketKind(rule).decide(current.state, now, cost, rule, initial)
  const differs = current.state !== stored.state || before.last < stored.state.last
  const changed = current.state === undefined ? startsLow(cost, current.terms) : differs && slot >= 0
  return { admits, before, after, terms: current.terms, uncapped: current.uncapped, epoch: epochAt(current, now), changed }
}

/** What a bucket lacks from the start comes back from its first call on, so that this call is kept even if it is refused. */
function startsLow(cost: number, { rule, initial }: Terms): boolean {
  return cost > 0 && initial < rule.capacity
}

/** What one call has charged. */
export interface MemoryHold extends RenewableHold {
  readonly entries: readonly MemoryCharge[]
  /** The generation of buckets that it was charged to; 0 once it is settled. */
  openIn: number
}

/** What one bucket was charged, or one slot. */
export interface MemoryCharge extends HeldCharge {
  /** Where it was charged and is settled, whatever bucket the key has by then: its own, or the overflow bucket. */
  readonly bucket: string
}

/** Whether the time in which a hold can be settled is over. */
function isTooLate({ handleLifetimeUs }: MemoryBuckets, hold: MemoryHold, now: Micros): boolean {
  return now - openSince(hold) > handleLifetimeUs
}

/** Replaces what a hold charged by what was used, once and in time. */
export function settle(buckets: MemoryBuckets, hold: MemoryHold, actual: readonly number[], now: Micros): Settled {
  const first = hold.openIn > 0
  if (first && isTooLate(buckets, hold, now)) return settleLate(buckets, hold, now)
  const { openIn } = hold
  hold.openIn = 0
  const settleOne = (held: MemoryCharge, i: number): number => {
    const used = actual[i] ?? held.units
    // Nothing returns to buckets that were made after theirs were cleared; what was used beyond the charge is owed in any case.
    const counts = used > held.units || buckets.mayReturn(held.limit.name, openIn)
    return first && counts ? settleCharged(buckets, held, hold.entries, used, now) : 0
  }
  return { first, excess: hold.entries.map(settleOne) }
}

/** The units stay charged, and the slots come free. */
function settleLate(buckets: MemoryBuckets, { entries }: MemoryHold, now: Micros): Settled {
  for (const held of entries) if (held.lease !== undefined) settleCharged(buckets, held, entries, 0, now)
  return { first: false, excess: entries.map(nothingUsed), late: true }
}

/** Gives holds back, as far as they can be settled. @returns those that could */
export function giveBack(buckets: MemoryBuckets, holds: readonly Hold[], now: Micros): readonly MemoryHold[] {
  return (holds as readonly MemoryHold[]).filter((hold) => settle(buckets, hold, hold.entries.map(nothingUsed), now).first)
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
  const own = memoryKindOf(held.terms.rule)
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

/** Prolongs the leases of a hold and its lifetime; false if any of these is over, or the hold is settled. */
export function renew(buckets: MemoryBuckets, hold: MemoryHold, now: Micros): boolean {
  if (hold.openIn === 0 || isTooLate(buckets, hold, now)) return false
  const expired = hold.entries.filter((held) => memoryKindOf(held.terms.rule)?.renew?.(buckets, held, now) === false)
  if (expired.length > 0) return false
  hold.renewedAt = now
  return true
}

/** Gives back units that no reservation holds. */
export function refund(buckets: MemoryBuckets, charge: Charge, among: readonly Charge[], now: Micros): void {
  const { limit, key, terms, cost } = charge
  const own = memoryKindOf(terms.rule)
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
