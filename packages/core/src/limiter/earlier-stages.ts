/** What the earlier stages of a request leave to charge: a later one asks for the rest alone. */

import type { Charge, Hold } from '../store.ts'
import type { Reservation } from './reservation.ts'

/**
 * The charges of a later stage, without what the request has been charged already, or was counted for.
 * @param holds - what the earlier reservations have charged and not given back, settled or not
 */
export function leftToCharge(charges: readonly Charge[], earlier: readonly Reservation[], holds: readonly Hold[]): Charge[] {
  return notCountedBy(earlier, charges).map((charge) => beyond(holds, charge))
}

/** Leaves out the shadow limits that could not pay an earlier stage: they hold nothing, but were counted, and a request counts once. */
function notCountedBy(earlier: readonly Reservation[], charges: readonly Charge[]): readonly Charge[] {
  const counted = earlier.flatMap(({ decision }) => decision.limits).filter((status) => status.shadow && !status.allowed)
  return counted.length === 0 ? charges : charges.filter(({ limit }) => !counted.some(({ name }) => name === limit.name))
}

/** A charge without the units that earlier stages of the request have charged to its bucket. */
function beyond(holds: readonly Hold[], charge: Charge): Charge {
  let cost = charge.cost
  for (const { entries } of holds) {
    for (const { limit, key, units } of entries)
      if (limit.name === charge.limit.name && key === charge.key) cost = Math.max(0, cost - units)
  }
  return cost === charge.cost ? charge : { ...charge, cost }
}
