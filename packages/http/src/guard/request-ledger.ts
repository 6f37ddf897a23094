/** The ledger of one request: what its guards have charged, the status of their limits, and what becomes of the charges at the end. */
import type { Cost, Decision, MaybePromise, Refused, Reservation, Store } from '@sluice/core'
import { andThen, SLUICE_STORE } from '@sluice/core/internal'
import { allAtOnce, attempt } from '../attempt.ts'
import { SLUICE_TWO_STORES, SluiceError } from '../errors.ts'
import { type DisclosedLimits, disclosedLimits, mergeDisclosed, noLimits } from '../headers/disclosed-limits.ts'
import type { HeaderLine } from '../headers/header-line.ts'
import { type HeaderPlan, joinedQuota } from '../headers/header-presets.ts'
import type { ResponseFacts } from '../http-limit.ts'
import { keepSlots, leaseOf } from './keep-slots.ts'
import { cancelAll, checkStated, type StageCharge, settleAll, waitsForResponse } from './settle-response.ts'
import type { SlowedRequest } from './slow-limit.ts'

/** Shared by all guards of one request. It is opened before the first stage is decided. */
export interface RequestLedger<R> {
  /** Of every guard of this request, the first one's first. */
  headers: readonly HeaderPlan[]
  /** How limits have slowed the request down; `undefined` for one that none of them has decided. */
  slowed: SlowedRequest | undefined
  /** The store that the application chose for this request. @throws SluiceError `SLUICE_TWO_STORES` if it is not the one of an earlier guard */
  useStore(store: Store): void
  decision(): Decision | null
  /** How many stages were decided. */
  readonly stages: number
  /** The limits that callers may see, with their latest status. */
  limits(): DisclosedLimits
  /** The quota fields for these limits; the same list until a limit changes. */
  quota(): readonly HeaderLine[]
  /** What the request has charged in a store, and not given back. */
  held(store: Store | undefined): readonly Reservation[]
  /** Sets how the end of the request is seen. The first one counts. */
  watchBy(watch: Watch | undefined): void
  /** Starts watching the end of the request. Later calls do nothing. */
  watchEnd(): void
  /** Calls back once the request has ended, at once where it has. Only what is watched is seen to end. */
  whenEnded(run: () => void): void
  /** Cancels all charges at the end of the request if `applies` then returns true: of a preflight that no handler answered. */
  cancelIf(applies: (response: ResponseFacts) => boolean): void
  /** Records the charge of a stage; a refusal gives back all that was charged before. @returns the refusal, or `null` to go on */
  enter(charge: StageCharge<R>): MaybePromise<Refused | null>
  /** Replaces estimates by the units used, now or when the response has ended. The first call counts. */
  settle(actual: Cost): MaybePromise<void>
  /** Gives everything back. What a store cannot take back is a fault of its guard. */
  giveBack(): MaybePromise<void>
}

/**
 * Watches the end of a request: the response was sent, or the client is gone.
 * @param finish - to be called then, at once if the request is over already. It answers when all is settled, and never fails.
 */
export type Watch = (finish: (response: ResponseFacts) => MaybePromise<void>) => void

/** A ledger without a charge. */
export function openLedger<R>(): RequestLedger<R> {
  return new OpenLedger()
}

/**
 * One mechanism for every adapter and every failure. The end of the request is watched from the first charge that must not outlive it. A
 * decision in flight that may make such a charge counts as one. Whatever fails in between, the end settles all charges. An answer
 * that comes after the end is settled at once.
 *
 * A class, and lists that are made anew: each request has one, nearly always with a single charge (see `request-context.ts`).
 */
class OpenLedger<R> implements RequestLedger<R> {
  headers: readonly HeaderPlan[] = []
  slowed: SlowedRequest | undefined
  stages = 0
  #watch: Watch | undefined
  #charges: readonly StageCharge<R>[] = nothing
  /** What was settled when the request ended. Stages that are decided after that do not charge it again. */
  #paid: readonly StageCharge<R>[] = nothing
  /** How to stop renewing slots. */
  #renewals: readonly (() => void)[] = nothing
  #chosen: Store | undefined
  #decision: Decision | null = null
  #limits: DisclosedLimits = noLimits
  #quota: readonly HeaderLine[] | undefined
  #quotaBy: readonly HeaderPlan[] | undefined
  #stated: Cost | undefined
  #cancelIf: ((response: ResponseFacts) => boolean) | undefined
  #waits = false
  #watched = false
  #ended: ResponseFacts | undefined
  #whenEnded: readonly (() => void)[] = nothing

  useStore(store: Store): void {
    if (this.#chosen !== undefined && this.#chosen !== store) throw new SluiceError(SLUICE_TWO_STORES)
    this.#chosen = store
  }

  decision(): Decision | null {
    return this.#decision
  }

  limits(): DisclosedLimits {
    return this.#limits
  }

  quota(): readonly HeaderLine[] {
    if (this.#quota !== undefined && this.#quotaBy === this.headers) return this.#quota
    this.#quotaBy = this.headers
    this.#quota = joinedQuota(this.headers, this.#limits, this.#decision?.allowed === false)
    return this.#quota
  }

  held(store: Store | undefined): readonly Reservation[] {
    if (this.#charges.length === 0 && this.#paid.length === 0) return nothing
    return [...this.#paid, ...this.#charges].filter(({ stage }) => stage.store === store).map(({ reservation }) => reservation)
  }

  watchBy(watch: Watch | undefined): void {
    this.#watch ??= watch
  }

  watchEnd(): void {
    if (this.#watched || this.#watch === undefined) return
    this.#watched = true
    this.#watch((response) => this.#finish(response))
  }

  whenEnded(run: () => void): void {
    if (this.#ended !== undefined) run()
    else this.#whenEnded = [...this.#whenEnded, run]
  }

  cancelIf(applies: (response: ResponseFacts) => boolean): void {
    this.#cancelIf ??= applies
    this.watchEnd()
  }

  enter(charge: StageCharge<R>): MaybePromise<Refused | null> {
    const latest = charge.reservation.decision
    this.stages += 1
    this.#decision = latest
    this.#take(latest)
    if (!latest.allowed) return this.#refuse(charge, latest)
    this.#charges = this.#charges.length === 0 ? [charge] : [...this.#charges, charge]
    if (waitsForResponse(charge)) this.#wait(charge)
    // An answer that comes after the end is settled at once.
    if (this.#ended !== undefined) void this.#finish(this.#ended)
    return null
  }

  settle(actual: Cost): MaybePromise<void> {
    checkStated(actual)
    // Settled together with what the other limits learn from the response, since a reservation is settled once.
    if (this.#waits) this.#stated ??= actual
    else return settleAll(this.#clear(), { response: null, stated: actual })
  }

  giveBack(): MaybePromise<void> {
    return cancelAll(this.#clear())
  }

  #finish(response: ResponseFacts): MaybePromise<void> {
    this.#ended ??= response
    const waiting = this.#whenEnded
    this.#whenEnded = nothing
    for (const run of waiting) run()
    const left = this.#clear()
    if (left.length === 0) return
    this.#paid = [...this.#paid, ...left]
    // The time of a request that had to wait says nothing of the server.
    if (this.slowed === undefined || this.slowed.delayMs === 0)
      for (const { stage, reservation } of left) stage.ended?.(reservation, this.#ended)
    if (this.#cancelIf?.(this.#ended) === true) return cancelAll(left)
    return settleAll(left, { response: this.#ended, stated: this.#stated })
  }

  #wait({ stage, reservation, subject }: StageCharge<R>): void {
    this.#waits = true
    this.watchEnd()
    const leaseMs = leaseOf(reservation)
    // Where nothing watches the end, or the end is there, nothing may renew: the lease gives the slot back.
    if (leaseMs === null || !this.#watched || this.#ended !== undefined) return
    const failed = (cause: unknown): void => stage.onFault(new SluiceError(SLUICE_STORE, {}, { cause }), null, subject)
    this.#renewals = [...this.#renewals, keepSlots(reservation, leaseMs, failed)]
  }

  #refuse(charge: StageCharge<R>, refused: Refused): MaybePromise<Refused> {
    if (this.#charges.length === 0 && refused.outcome !== 'unavailable') return refused
    return this.#refuseAfter(charge, refused)
  }

  /** A function of its own: its closures would make every refusal allocate. */
  #refuseAfter(charge: StageCharge<R>, refused: Refused): MaybePromise<Refused> {
    if (refused.outcome !== 'unavailable') return andThen(this.#giveBackAfter(charge), () => refused)
    // Something is broken. What goes back now is not read again, and no number is better than an old one.
    this.#limits = noLimits
    this.#quota = undefined
    return andThen(this.giveBack(), () => refused)
  }

  /**
   * A stage that refuses gives back what lies in its own store, and its decision includes that. What lies elsewhere goes back now, and
   * its limits are read again.
   */
  #giveBackAfter({ stage: { store } }: StageCharge<R>): MaybePromise<void> {
    const elsewhere = this.#charges.filter(({ stage }) => stage.store !== store)
    // Where a store cannot answer now, a number is left out: the refusal stands.
    const look = ({ stage, subject }: StageCharge<R>): MaybePromise<void> =>
      andThen(
        attempt(
          () => stage.look(subject),
          () => null,
        ),
        (latest) => (latest === null ? undefined : this.#take(latest)),
      )
    return andThen(this.giveBack(), () => allAtOnce(elsewhere, look))
  }

  #take(latest: Decision): void {
    this.#limits = mergeDisclosed(this.#limits, disclosedLimits(latest))
    this.#quota = undefined
  }

  /** Removes every charge from the ledger. */
  #clear(): readonly StageCharge<R>[] {
    for (const stop of this.#renewals) stop()
    this.#renewals = nothing
    const charges = this.#charges
    this.#charges = nothing
    this.#waits = false
    return charges
  }
}

const nothing: readonly never[] = Object.freeze([])
