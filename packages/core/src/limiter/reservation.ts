/** A reservation: a decision whose charge is settled, once, when the truth is known. */

import type { Decision } from '../decision.ts'
import { SluiceError } from '../errors.ts'
import { andThen, type MaybePromise } from '../maybe-promise.ts'
import { isGuaranteed } from '../rules/guaranteed-rule.ts'
import type { HeldCharge, Hold, Store } from '../store.ts'
import { type Cost, checkCallCost, costFor } from './cost.ts'
import type { Policy } from './policy.ts'

/** The charge of an admitted `reserve`. The first of `settle` and `cancel` counts; one that gets neither stays charged. */
export interface Reservation {
  readonly decision: Decision
  /** Replaces the estimate by the units used: one number for every limit without a cost of its own, or by limit name. */
  settle(actual: Cost): MaybePromise<void>
  /** Gives everything back that time has not already given back. */
  cancel(): MaybePromise<void>
  /**
   * Prolongs what it holds of limits on concurrency by their lease, from now on; what takes longer than that calls it now and then. False
   * if that came too late, or it is settled: then its slots may be others' already.
   */
  renew(): MaybePromise<boolean>
  /** Cancels, unless settled before: what `await using` does at the end of the block. */
  [Symbol.asyncDispose](): Promise<void>
}

/** A reservation in a synchronous store. */
export interface SyncReservation extends Reservation {
  settle(actual: Cost): void
  cancel(): void
  renew(): boolean
  [Symbol.dispose](): void
}

/** What a reservation needs to know of its limiter. */
export interface Origin<C> {
  readonly store: Store
  readonly policy: Policy<C>
  /** Told of units beyond the largest debt, which could not be charged. */
  onExcess(limit: string, units: number): void
}

interface Held {
  readonly store: Store
  readonly hold: Hold
  open: boolean
}

/** Where a reservation keeps what it holds: in itself, since a WeakMap beside it takes ten times as long, and the collector as much again. */
const heldKey: unique symbol = Symbol('sluice.held')

interface Holding {
  readonly [heldKey]?: Held
}

/** Makes the reservation of a decision; `hold` is `null` where nothing was charged. */
export function reservationOf<C>(decision: Decision, hold: Hold | null, origin: Origin<C>): SyncReservation {
  const held: Held = { store: origin.store, hold: hold ?? nothingHeld, open: hold !== null }
  const settleWith = (actual: (entry: HeldCharge, at: number, entries: readonly HeldCharge[]) => number): MaybePromise<void> => {
    if (!held.open) return
    held.open = false
    const { entries } = held.hold
    const settled = origin.store.settle(held.hold, entries.map(actual))
    return andThen(settled, ({ excess }) => {
      for (const [i, units] of excess.entries()) if (units > 0) origin.onExcess(entries[i]!.limit.name, units)
    })
  }
  const settle = (actual: Cost): MaybePromise<void> => {
    checkCallCost(actual, origin.policy)
    const used = (entry: HeldCharge): number => {
      const limit = origin.policy.byName.get(entry.limit.name)
      const estimate = entry.limit.debit === 'before' ? entry.units : askedOf(decision, entry.limit.name)
      const fixed = limit === undefined || (typeof actual === 'number' && limit.definition.cost !== undefined)
      return fixed ? estimate : costFor(limit, actual, estimate)
    }
    return settleWith((entry, _, entries) => (isGuaranteed(entry.terms.rule) ? usedBeside(entry, entries, used) : used(entry)))
  }
  const cancel = (): MaybePromise<void> => settleWith(nothingUsed)
  const cancelAsync = async (): Promise<void> => cancel()
  const renew = (): MaybePromise<boolean> => held.open && origin.store.renew(held.hold)
  // Each request makes one. A function written in the place of a symbol is given its name while the program runs, which takes a
  // microsecond; these have theirs, and all of it takes a tenth of one.
  const reservation = { decision, settle, cancel, renew, [Symbol.dispose]: cancel, [Symbol.asyncDispose]: cancelAsync, [heldKey]: held }
  // With a synchronous store every path above answers at once, which the limiter's type promises and this one cannot see.
  return reservation as SyncReservation
}

function nothingUsed(): number {
  return 0
}

/** The limits with `debit: 'after'` that a reservation was asked of: they are charged when it is settled, and not before. */
export function debitedAfter(reservation: Reservation): readonly string[] {
  const entries = (reservation as Holding)[heldKey]?.hold.entries ?? []
  return entries.filter(({ limit }) => limit.debit === 'after').map(({ limit }) => limit.name)
}

/** A guaranteed share counts what its parent is charged: as much more or less than was estimated. */
function usedBeside(entry: HeldCharge, entries: readonly HeldCharge[], used: (parent: HeldCharge) => number): number {
  const parent = entries.find(({ limit }) => limit.name === entry.limit.parent)
  return parent === undefined ? entry.units : Math.max(0, entry.units + used(parent) - parent.units)
}

/** What a limit was asked for, which with `debit: 'after'` is more than it holds. */
function askedOf(decision: Decision, name: string): number {
  return decision.limits.find((status) => status.name === name)?.cost ?? 0
}

const nothingHeld: Hold = Object.freeze({ id: '', entries: Object.freeze([]) })

/**
 * The open holds of reservations that a later call builds on.
 * @throws SluiceError `SLUICE_FOREIGN_RESERVATION` for one of another store
 */
export function openHolds(reservations: readonly Reservation[], store: Store): Hold[] {
  return reservations.flatMap((reservation) => {
    const held = (reservation as Holding)[heldKey]
    if (held === undefined || held.store !== store) throw new SluiceError('SLUICE_FOREIGN_RESERVATION')
    return held.open ? [held.hold] : []
  })
}

/** The caller has gone: what was reserved for it in the meantime is given back, or stays charged where the store fails now. */
export function abandon(hold: Hold | null, store: Store): void {
  if (hold !== null) void Promise.resolve(store.settle(hold, hold.entries.map(nothingUsed))).catch(() => undefined)
}

/** Marks reservations whose holds a refusal has given back. */
export function closeReservations(reservations: readonly Reservation[]): void {
  for (const reservation of reservations) {
    const held = (reservation as Holding)[heldKey]
    if (held !== undefined) held.open = false
  }
}
