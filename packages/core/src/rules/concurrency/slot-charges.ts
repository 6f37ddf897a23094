/** Charges on slots in a memory store. */
import { blockedStatus } from '../../buckets/status.ts'
import type { Micros } from '../../clock.ts'
import type { LimitStatus } from '../../decision.ts'
import type { MemoryBuckets } from '../../memory/memory-buckets.ts'
import type { MemoryKind } from '../../memory/memory-kind.ts'
import type { Call, Charge } from '../../store.ts'
import { type MemorySlots, memorySlots, type SlotsFound } from './memory-slots.ts'
import { slotStatusOf } from './slots.ts'

/** How a memory store decides limits on what happens at the same time. */
export const slotCharges: MemoryKind = {
  look: (buckets, charge, _among, now) => ({
    admits: hasRoom(slotsOf(buckets).find(charge, now), charge.cost) && blockedFor(buckets, charge, now) === 0,
    apply: (action, allowed) => applySlot(buckets, charge, now, action, allowed),
  }),
  hold(buckets, { limit, key, terms, cost }, _among, _asBucket, now) {
    if (cost === 0) return undefined
    const { at, lease } = slotsOf(buckets).latest(limit.name, key)
    return { limit, key, terms, units: cost, at: now, bucket: at, lease }
  },
  settle(buckets, { limit, bucket, lease }) {
    if (lease !== undefined) slotsOf(buckets).release(limit.name, bucket, lease)
    return 0
  },
  refund: () => {},
  renew: (buckets, { limit, bucket, lease }, now) => lease === undefined || slotsOf(buckets).renew(limit.name, bucket, lease, now),
  inspect(buckets, limit, key, terms, now) {
    const charge = { limit, key, terms, cost: 1 }
    const found = slotsOf(buckets).find(charge, now)
    const blockedUs = blockedFor(buckets, charge, now)
    if (found.held === 0 && blockedUs === 0) return null
    const open = slotStatusOf(limit, found.terms.rule, found, now, 1, hasRoom(found, 1))
    return blockedUs === 0 ? open : blockedStatus(open, blockedUs)
  },
}

/** Takes a slot, if the charge is to have one and one is free, and describes the limit. */
function applySlot(buckets: MemoryBuckets, charge: Charge, now: Micros, action: Call['action'], allowed: boolean): LimitStatus {
  const slots = slotsOf(buckets)
  const found = slots.find(charge, now)
  const admits = hasRoom(found, charge.cost)
  const blockedUs = blockedFor(buckets, charge, now)
  const takes = allowed && admits && blockedUs === 0 && action === 'reserve' && charge.cost > 0
  if (takes) slots.take(charge, found, now)
  const left = takes ? slots.find(charge, now) : found
  const open = slotStatusOf(charge.limit, left.terms.rule, left, now, charge.cost, admits)
  return blockedUs === 0 ? open : blockedStatus(open, blockedUs)
}

/** The slots of a store, made when they are first asked for. @param nameLease - see {@link memorySlots} */
export function slotsOf(buckets: MemoryBuckets, nameLease?: () => string): MemorySlots {
  return buckets.beside('slots', (maxKeys) => memorySlots(maxKeys, nameLease))
}

function hasRoom({ held, terms }: SlotsFound, cost: number): boolean {
  return cost === 0 || held + cost <= terms.rule.capacity
}

function blockedFor(buckets: MemoryBuckets, { limit, key, cost }: Charge, now: Micros): Micros {
  return cost === 0 ? 0 : buckets.blocks.blockedFor(limit.name, key, now)
}
