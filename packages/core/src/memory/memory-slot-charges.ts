/** Charges on slots in a memory store: what `memory-store.ts` does for buckets, for limits on what happens at the same time. */

import { blockedStatus, slotStatusOf } from '../buckets/status.ts'
import type { Micros } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import { isConcurrency } from '../rules/concurrency-rule.ts'
import type { Call, Charge, LimitFacts, Terms } from '../store.ts'
import type { MemoryBuckets } from './memory-buckets.ts'
import type { SlotsFound } from './memory-slots.ts'

/** Whether there is a slot for a charge. */
export function admitsSlot(buckets: MemoryBuckets, charge: Charge, now: Micros): boolean {
  return hasRoom(buckets.slots.find(charge, now), charge.cost) && blockedFor(buckets, charge, now) === 0
}

/** Takes a slot, if the charge is to have one and there is one, and says how they stand. */
export function applySlot(buckets: MemoryBuckets, charge: Charge, now: Micros, action: Call['action'], allowed: boolean): LimitStatus {
  const { slots } = buckets
  const found = slots.find(charge, now)
  const admits = hasRoom(found, charge.cost)
  const blockedUs = blockedFor(buckets, charge, now)
  const takes = allowed && admits && blockedUs === 0 && action === 'reserve' && charge.cost > 0
  if (takes) slots.take(charge, found, now)
  const left = takes ? slots.find(charge, now) : found
  const open = slotStatusOf(charge.limit, left.terms.rule, left, now, charge.cost, admits)
  return blockedUs === 0 ? open : blockedStatus(open, blockedUs)
}

/** What a hold must know of the slot that a charge has just taken. */
export function slotTaken({ slots }: MemoryBuckets, limit: LimitFacts, key: string): { readonly bucket: string; readonly lease: string } {
  const { at, lease } = slots.latest(limit.name, key)
  return { bucket: at, lease }
}

/** Gives a slot back, unless its lease has expired. No units are charged, so that none can be left over. */
export function releaseSlot({ slots }: MemoryBuckets, limit: LimitFacts, bucket: string, lease: string): 0 {
  slots.release(limit.name, bucket, lease)
  return 0
}

/** What an operator sees of a key's slots; `null` where none is held and the key is not blocked. */
export function inspectSlots(buckets: MemoryBuckets, limit: LimitFacts, key: string, terms: Terms, now: Micros): LimitStatus | null {
  const charge = { limit, key, terms, cost: 1 }
  const found = buckets.slots.find(charge, now)
  const blockedUs = blockedFor(buckets, charge, now)
  if (found.held === 0 && blockedUs === 0) return null
  const open = slotStatusOf(limit, found.terms.rule, found, now, 1, hasRoom(found, 1))
  return blockedUs === 0 ? open : blockedStatus(open, blockedUs)
}

/** The terms under which a key holds slots, where its limit's rule is not known without a subject. */
export function slotTerms(buckets: MemoryBuckets, limit: LimitFacts, key: string, terms: Terms | null, now: Micros): Terms | undefined {
  if (terms !== null) return isConcurrency(terms.rule) ? terms : undefined
  return buckets.slots.held(limit.name, key, now)
}

function hasRoom({ held, terms }: SlotsFound, cost: number): boolean {
  return cost === 0 || held + cost <= terms.rule.capacity
}

function blockedFor(buckets: MemoryBuckets, { limit, key, cost }: Charge, now: Micros): Micros {
  return cost === 0 ? 0 : buckets.blockedFor(limit.name, key, now)
}
