/** Keeps slots while a response is in flight: leases are short, so that a crash frees them, and responses may be long. */
import type { Reservation } from '@sluice/core'
import { isPromise } from '@sluice/core/internal'

/** Renewals within one lease, so that a slow one costs no slot. */
const perLease = 3
/** The longest wait of a timer, in milliseconds. */
const longestMs = 2 ** 31 - 1

/** What a reservation holds of limits on concurrency: the shortest of its leases in milliseconds, or `null` where it holds no slot. */
export function leaseOf({ decision }: Reservation): number | null {
  let shortest: number | null = null
  for (const { rule } of decision.limits) {
    const { leaseMs } = rule as { readonly leaseMs?: number }
    if (leaseMs !== undefined && (shortest === null || leaseMs < shortest)) shortest = leaseMs
  }
  return shortest
}

/**
 * Renews the slots of a reservation until they are lost. The timer keeps no process alive.
 * @param failed - called when a store could not renew; the next renewal may succeed
 * @returns a function that stops it
 */
export function keepSlots(reservation: Reservation, leaseMs: number, failed: (cause: unknown) => void): () => void {
  const stop = (): void => clearInterval(timer)
  const learn = (kept: boolean): void => {
    if (!kept) stop()
  }
  const timer = setInterval(
    () => {
      try {
        const kept = reservation.renew()
        if (isPromise(kept)) kept.then(learn, failed)
        else learn(kept)
      } catch (cause) {
        failed(cause)
      }
    },
    Math.min(leaseMs / perLease, longestMs),
  )
  // Browsers and workers have numbers for timers, and no processes to keep.
  const { unref } = timer as unknown as { unref?(): void }
  unref?.call(timer)
  return stop
}
