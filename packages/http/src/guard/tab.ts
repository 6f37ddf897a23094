/** The tab of one request: what its guards have charged so far, how their limits stand, and how it is paid when the response has ended. */
import { andThen, type Cost, type Decision, type MaybePromise, type Refused, type Reservation, SluiceError, type Store } from '@sluice/core'
import { type DisclosedLimits, disclosedLimits, mergeDisclosed, noLimits } from '../headers/disclosed-limits.ts'
import type { HeaderPlan } from '../headers/header-presets.ts'
import type { ResponseFacts } from '../http-limit.ts'
import { inTurn } from './in-turn.ts'
import { keepSlots, leaseOf } from './keep-slots.ts'
import { checkStated, type Stay, settleAll, waitsForResponse } from './settle-response.ts'

/** What the guards of one request share. */
export interface Tab<R> {
  /** Of every guard of this request, the first one's first. */
  headers: readonly HeaderPlan[]
  /** The store that the application chose for this request. @throws SluiceError `SLUICE_TWO_STORES` if it is not the one of an earlier guard */
  useStore(store: Store): void
  decision(): Decision | null
  /** The limits that callers may see, as they stand. */
  limits(): DisclosedLimits
  /** What is charged in a store. */
  held(store: Store | undefined): readonly Reservation[]
  /** Takes the charge of a stage in; a refusal gives back all that was charged before. @returns the refusal, or `null` to go on */
  enter(stay: Stay<R>): MaybePromise<Refused | null>
  /** Replaces estimates by the units used, now or when the response has ended. The first time counts. */
  settle(actual: Cost): MaybePromise<void>
  /** Gives everything back. */
  giveBack(): MaybePromise<void>
  /** Whether something waits for the end of the response. */
  waits(): boolean
  /** To be called when the response has ended. What is charged after that is settled by it at once. @returns when all is settled */
  finish(response: ResponseFacts): MaybePromise<void>
}

/** Has the end of a response watched. @param finish - to be called then; answers when all is settled, which never fails */
export type Watch = (finish: (response: ResponseFacts) => MaybePromise<void>) => void

/** A tab with nothing on it. @param watch - called once, when something waits for the end of the response */
export function openTab<R>(watch?: Watch): Tab<R> {
  return new OpenTab(watch)
}

/** A class, and lists that are made anew: each request has one, nearly always with a single stay (see `exchange.ts`). */
class OpenTab<R> implements Tab<R> {
  headers: readonly HeaderPlan[] = []
  readonly #watch: Watch | undefined
  #stays: readonly Stay<R>[] = nothing
  /** How to stop the keeping of slots. */
  #kept: readonly (() => void)[] = nothing
  #chosen: Store | undefined
  #decision: Decision | null = null
  #limits: DisclosedLimits = noLimits
  #stated: Cost | undefined
  #waits = false
  #watched = false
  #ended: ResponseFacts | undefined

  constructor(watch: Watch | undefined) {
    this.#watch = watch
  }

  useStore(store: Store): void {
    if (this.#chosen !== undefined && this.#chosen !== store) throw new SluiceError('SLUICE_TWO_STORES')
    this.#chosen = store
  }

  decision(): Decision | null {
    return this.#decision
  }

  limits(): DisclosedLimits {
    return this.#limits
  }

  held(store: Store | undefined): readonly Reservation[] {
    if (this.#stays.length === 0) return nothing
    return this.#stays.filter(({ stage }) => stage.store === store).map(({ reservation }) => reservation)
  }

  enter(stay: Stay<R>): MaybePromise<Refused | null> {
    const latest = stay.reservation.decision
    this.#decision = latest
    this.#take(latest)
    if (!latest.allowed) return this.#refuse(stay, latest)
    this.#stays = this.#stays.length === 0 ? [stay] : [...this.#stays, stay]
    if (waitsForResponse(stay)) this.#wait(stay)
    if (this.#ended !== undefined) void this.finish(this.#ended)
    return null
  }

  settle(actual: Cost): MaybePromise<void> {
    checkStated(actual)
    // Said together with what the other limits learn from the response, since a reservation is settled once.
    if (this.#waits) this.#stated ??= actual
    else return settleAll(this.#clear(), { response: null, stated: actual })
  }

  giveBack(): MaybePromise<void> {
    return inTurn(this.#clear(), ({ reservation }) => reservation.cancel())
  }

  waits(): boolean {
    return this.#waits
  }

  finish(response: ResponseFacts): MaybePromise<void> {
    this.#ended = response
    const left = this.#clear()
    for (const { stage, reservation } of left) stage.ended?.(reservation, response)
    return settleAll(left, { response, stated: this.#stated })
  }

  #wait({ stage, reservation }: Stay<R>): void {
    this.#waits = true
    const leaseMs = leaseOf(reservation)
    if (leaseMs !== null) {
      const failed = (cause: unknown): void => stage.onFault(new SluiceError('SLUICE_STORE', {}, { cause }), null)
      this.#kept = [...this.#kept, keepSlots(reservation, leaseMs, failed)]
    }
    if (this.#watch === undefined || this.#watched || this.#ended !== undefined) return
    this.#watched = true
    this.#watch((response) => this.finish(response))
  }

  #refuse(stay: Stay<R>, refused: Refused): MaybePromise<Refused> {
    if (this.#stays.length === 0 && refused.outcome !== 'unavailable') return refused
    return this.#refuseAfter(stay, refused)
  }

  /** Apart from the above, where its closures would make every refusal allocate. */
  #refuseAfter(stay: Stay<R>, refused: Refused): MaybePromise<Refused> {
    if (refused.outcome !== 'unavailable') return andThen(this.#giveBackAfter(stay), () => refused)
    // Something is broken: what goes back now is not looked at again, and no number is better than an old one.
    this.#limits = noLimits
    return andThen(this.giveBack(), () => refused)
  }

  /** A step that refuses gives back what lies in its own store, and says so. What lies elsewhere goes back now, and is looked at again. */
  #giveBackAfter({ stage: { store } }: Stay<R>): MaybePromise<void> {
    const elsewhere = this.#stays.filter(({ stage }) => stage.store !== store)
    const look = ({ stage, subject }: Stay<R>): MaybePromise<void> =>
      andThen(stage.look(subject), (latest) => (latest === null ? undefined : this.#take(latest)))
    return andThen(this.giveBack(), () => inTurn(elsewhere, look))
  }

  #take(latest: Decision): void {
    this.#limits = mergeDisclosed(this.#limits, disclosedLimits(latest))
  }

  /** Takes everything off the tab. */
  #clear(): readonly Stay<R>[] {
    for (const stop of this.#kept) stop()
    this.#kept = nothing
    const stays = this.#stays
    this.#stays = nothing
    this.#waits = false
    return stays
  }
}

const nothing: readonly never[] = Object.freeze([])
