/** Holds of the model: which are open, and when the lifetime of each began. */
import type { Hold, Micros } from '@sluice/core'

/** How long a hold can be settled. */
export const handleLifetimeUs = 600_000_000

/** The open holds of a model. */
export interface ReferenceHolds {
  add(hold: Hold): void
  /** Whether a hold is open and its lifetime over. */
  isOver(hold: Hold, now: Micros): boolean
  /** Closes a hold. @returns whether it could still be settled */
  close(hold: Hold, now: Micros): boolean
  /** Begins the lifetime of a hold anew. @returns whether that was not over */
  renew(hold: Hold, now: Micros): boolean
}

export function referenceHolds(): ReferenceHolds {
  const open = new Map<Hold, Micros>()
  const isOver: ReferenceHolds['isOver'] = (hold, now) => now - (open.get(hold) ?? now) > handleLifetimeUs
  return {
    add: (hold) => void open.set(hold, hold.entries[0]?.at ?? Number.POSITIVE_INFINITY),
    isOver,
    close: (hold, now) => !isOver(hold, now) && open.delete(hold),
    renew(hold, now) {
      const since = open.get(hold)
      if (since === undefined || isOver(hold, now)) return false
      open.set(hold, Math.max(since, now))
      return true
    },
  }
}
