/** A reservation: a decision whose charge is settled, once, when the truth is known. */

import type { Decision } from '../decision.ts'
import { ruleKind } from '../kind.ts'
import { andThen, type MaybePromise } from '../maybe-promise.ts'
import type { Observers } from '../observe.ts'
import { tellSettlementFaults } from '../outage/settlement-faults.ts'
import type { HeldCharge, Hold, Store } from '../store.ts'
import { asynchronous } from './answer.ts'
import { type Cost, checkCallCost, costFor } from './call-options.ts'
import type { Policy } from './policy.ts'
import { publishSettlement, settlementReport, storeReport } from './settled-event.ts'

/** The charge of an admitted `reserve`. The first of `settle` and `cancel` counts; one that gets neither stays charged. */
export interface Reservation {
  readonly decision: Decision
  /**
   * Replaces the estimate by the units used: one number for every limit without a cost of its own, or by limit name. What was not used returns,
   * unless the rule of the bucket has changed or the bucket was reset since: then the estimate stays charged. What was used beyond it is
   * charged in any case. After 300 of 1,000 units were used, 700 return at once, and fewer later, because time has returned the others.
   */
  settle(actual: Cost): MaybePromise<void>
  /** Returns everything that time has not already returned, or nothing where the rule of the bucket has changed or the bucket was reset since. */
  cancel(): MaybePromise<void>
  /**
   * Prolongs what it holds of limits on concurrency by their lease, from now on, and the time in which it can be settled by the store's
   * `handleLifetime`. Work that takes longer calls it now and then. False if a lease has ended, that time is over, or it is settled: then
   * its slots may be others' already. True also where the store could not be asked, because nothing is known to be lost: the renewal is
   * sent again, and `observe` hears a fault.
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
  /** Get the events of its settlements. */
  readonly watchers: Observers
}

/** What a reservation holds, until it is settled. */
export interface Held {
  readonly store: Store
  readonly hold: Hold
  open: boolean
  /** Whether everything was given back, so that a later stage of the request has to charge it again. */
  undone: boolean
}

/** Where a reservation keeps what it holds: in itself, since a WeakMap beside it takes ten times as long, and the collector as much again. */
const heldKey: unique symbol = Symbol.for('sluice.held')

interface Holding {
  readonly [heldKey]?: Held
}

/** What a reservation holds; `undefined` for an object that no limiter made. */
export function heldBy(reservation: Reservation): Held | undefined {
  return (reservation as Holding | null | undefined)?.[heldKey]
}

/** Makes the reservation of a decision; `hold` is `null` where nothing was charged. */
export function reservationOf<C>(decision: Decision, hold: Hold | null, origin: Origin<C>, call: unknown): SyncReservation {
  const held: Held = { store: origin.store, hold: hold ?? nothingHeld, open: hold !== null, undone: false }
  // With a synchronous store every path below answers at once, which the limiter's type promises and this one cannot see.
  return new OpenReservation(decision, held, origin, call) as Reservation as SyncReservation
}

/**
 * A class: each request makes one, hardly any calls it, and functions of its own would be made in vain. They are made when they are
 * asked for, so that they can be taken out of their object.
 */
class OpenReservation<C> implements Reservation {
  readonly decision: Decision
  readonly [heldKey]: Held
  readonly #origin: Origin<C>
  /** Stands for the request, which events of its settlement name. */
  readonly #call: unknown

  constructor(decision: Decision, held: Held, origin: Origin<C>, call: unknown) {
    this.decision = decision
    this[heldKey] = held
    this.#origin = origin
    this.#call = call
  }

  get settle(): Reservation['settle'] {
    return this.#answering((actual: Cost) => {
      checkCallCost(actual, this.#origin.policy)
      const used = (entry: HeldCharge): number => usedOf(entry, actual, this.decision, this.#origin)
      const final = (entry: HeldCharge, _: number, entries: readonly HeldCharge[]): number =>
        entry.terms.rule[ruleKind].besideParent ? usedBeside(entry, entries, used) : used(entry)
      return settleHeld(this[heldKey], this.#origin, final, this.#call)
    })
  }

  get cancel(): Reservation['cancel'] {
    return this.#answering(() => {
      if (this[heldKey].open) this[heldKey].undone = true
      return settleHeld(this[heldKey], this.#origin, nothingUsed, this.#call)
    })
  }

  get renew(): Reservation['renew'] {
    return this.#answering(() => {
      const { open, store, hold } = this[heldKey]
      return open && store.renew(hold, storeReport(this.#origin.watchers, store, 'renew'))
    })
  }

  /** On an asynchronous store every answer is a promise, also one that the process gives by itself. */
  #answering<Args extends readonly unknown[], T>(verb: (...args: Args) => MaybePromise<T>): (...args: Args) => MaybePromise<T> {
    return this[heldKey].store.sync ? verb : asynchronous(verb)
  }

  get [Symbol.dispose](): Reservation['cancel'] {
    return this.cancel
  }

  get [Symbol.asyncDispose](): Reservation[typeof Symbol.asyncDispose] {
    return async () => this.cancel()
  }
}

/** Replaces what is held by what was used, once. */
function settleHeld<C>(
  held: Held,
  origin: Origin<C>,
  used: (entry: HeldCharge, at: number, entries: readonly HeldCharge[]) => number,
  call: unknown,
): MaybePromise<void> {
  if (!held.open) return
  held.open = false
  const { store, watchers } = origin
  const { hold } = held
  const { entries } = hold
  const actual = entries.map(used)
  return andThen(store.settle(hold, actual, settlementReport(watchers, store, hold, actual, call)), (answer) => {
    // One that the store has not confirmed is published as soon as it is.
    if ((answer.first || answer.late === true) && watchers.watches('settled')) publishSettlement(watchers, entries, actual, answer, call)
    tellSettlementFaults(entries, answer, watchers.tell, call)
  })
}

/** What a limit is finally charged: its estimate, where it has a cost of its own or is gone from the policy. */
function usedOf<C>({ limit: { name, debit }, units }: HeldCharge, actual: Cost, decision: Decision, { policy }: Origin<C>): number {
  const limit = policy.byName.get(name)
  const estimate = debit === 'before' ? units : costOf(decision, name)
  const fixed = limit === undefined || (typeof actual === 'number' && limit.definition.cost !== undefined)
  return fixed ? estimate : costFor(limit, actual, estimate)
}

/** The units used of what is given back. */
export function nothingUsed(): number {
  return 0
}

/** The limits with `debit: 'after'` that a reservation was asked of: they are charged when it is settled, and not before. */
export function debitedAfter(reservation: Reservation): readonly string[] {
  const entries = heldBy(reservation)?.hold.entries ?? []
  return entries.filter(({ limit }) => limit.debit === 'after').map(({ limit }) => limit.name)
}

/** A share beside its parent counts what the parent is charged: as much more or less than was estimated. */
function usedBeside(entry: HeldCharge, entries: readonly HeldCharge[], used: (parent: HeldCharge) => number): number {
  const parent = entries.find(({ limit }) => limit.name === entry.limit.parent)
  return parent === undefined ? entry.units : Math.max(0, entry.units + used(parent) - parent.units)
}

/** The cost of a limit in a decision. With `debit: 'after'` that is more than the units held. */
function costOf(decision: Decision, name: string): number {
  return decision.limits.find((status) => status.name === name)?.cost ?? 0
}

const nothingHeld: Hold = Object.freeze({ id: '', entries: Object.freeze([]) })
