/** Earlier stages of a request: what they hold, and what they leave to charge. */

import { SLUICE_FOREIGN_RESERVATION, SLUICE_OPTION_TYPE } from '../errors.ts'
import { SluiceError } from '../sluice-error.ts'
import type { Charge, Hold, Store } from '../store.ts'
import { heldBy, nothingUsed, type Reservation } from './reservation.ts'

/**
 * The open holds of reservations that a later call builds on.
 * @throws SluiceError `SLUICE_FOREIGN_RESERVATION` for one of another store, `SLUICE_OPTION_TYPE` for what is no list
 */
export function openHolds(reservations: readonly Reservation[], store: Store): Hold[] {
  if (!Array.isArray(reservations))
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'extend', wanted: 'a list of reservations' }, { text: 'fixed' })
  return (reservations as readonly Reservation[]).flatMap((reservation) => {
    const held = heldBy(reservation)
    if (held === undefined || held.store !== store) throw new SluiceError(SLUICE_FOREIGN_RESERVATION)
    return held.open ? [held.hold] : []
  })
}

/** What reservations have charged and not given back: open ones, and those that are settled. A request pays it once. */
export function paidHolds(reservations: readonly Reservation[]): Hold[] {
  return reservations.flatMap((reservation) => {
    const held = heldBy(reservation)
    return held === undefined || held.undone ? [] : [held.hold]
  })
}

/** Marks reservations whose holds a refusal has given back. */
export function closeReservations(reservations: readonly Reservation[]): void {
  for (const reservation of reservations) {
    const held = heldBy(reservation)
    if (held === undefined || !held.open) continue
    held.open = false
    held.undone = true
  }
}

/** The caller has gone: what was reserved for it in the meantime is given back, or stays charged where the store fails now. */
export function abandon(hold: Hold | null, store: Store): void {
  if (hold !== null) void Promise.resolve(store.settle(hold, hold.entries.map(nothingUsed))).catch(() => undefined)
}

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
