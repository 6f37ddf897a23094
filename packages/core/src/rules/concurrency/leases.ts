/** The leases of one key: who holds a slot, and until when. */
import type { Micros } from '../../clock.ts'

interface Lease {
  readonly lengthUs: Micros
  readonly end: Micros
}

/** A record that the functions here change. */
export interface Leases {
  readonly byId: Map<string, Lease>
  /** None ends before. */
  firstEnd: Micros
  /** None ends after. */
  lastEnd: Micros
  /** When they were last looked at. */
  seen: Micros
}

/** No leases. */
export function noLeases(now: Micros): Leases {
  return { byId: new Map(), firstEnd: Number.POSITIVE_INFINITY, lastEnd: now, seen: now }
}

/** Removes what has expired, and returns how many are left. */
export function countLeases(leases: Leases, now: Micros): number {
  if (now < leases.seen) pullBack(leases, now)
  leases.seen = now
  if (now >= leases.firstEnd) {
    for (const [id, { end }] of leases.byId) if (end <= now) leases.byId.delete(id)
    leases.firstEnd = Number.POSITIVE_INFINITY
    for (const { end } of leases.byId.values()) leases.firstEnd = Math.min(leases.firstEnd, end)
  }
  return leases.byId.size
}

/** Takes a lease, or prolongs the one of this id, for its length from now on. */
export function takeLease(leases: Leases, id: string, lengthUs: Micros, now: Micros): void {
  const end = now + lengthUs
  leases.byId.set(id, { lengthUs, end })
  leases.firstEnd = Math.min(leases.firstEnd, end)
  leases.lastEnd = Math.max(leases.lastEnd, end)
}

/** Prolongs a lease from now on; false if it has expired. */
export function renewLease(leases: Leases, id: string, now: Micros): boolean {
  countLeases(leases, now)
  const lease = leases.byId.get(id)
  if (lease === undefined) return false
  takeLease(leases, id, lease.lengthUs, now)
  return true
}

/** A clock that went back must not make leases longer than they are. */
function pullBack(leases: Leases, now: Micros): void {
  leases.lastEnd = now
  for (const [id, { lengthUs, end }] of leases.byId) if (end > now + lengthUs) takeLease(leases, id, lengthUs, now)
  for (const { end } of leases.byId.values()) leases.lastEnd = Math.max(leases.lastEnd, end)
}
