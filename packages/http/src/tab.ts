/** The tab of one request: what its guards have charged so far, how their limits stand, and how it is paid when the response has ended. */
import { andThen, type Cost, type Decision, type MaybePromise, type Refused, type Reservation, SluiceError, type Store } from '@sluice/core'
import { type DisclosedLimits, disclosedLimits, mergeDisclosed, noLimits } from './disclosed-limits.ts'
import type { HeaderPlan } from './header-presets.ts'
import type { ResponseFacts } from './http-limit.ts'
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
  const stays: Stay<R>[] = []
  let chosen: Store | undefined
  let decision: Decision | null = null
  let limits: DisclosedLimits = noLimits
  let stated: Cost | undefined
  let watched = false
  let ended: ResponseFacts | undefined
  let kept: (() => void)[] = []

  /** Takes everything off the tab. */
  function clear(): Stay<R>[] {
    for (const stop of kept) stop()
    kept = []
    return stays.splice(0)
  }

  function finish(response: ResponseFacts): MaybePromise<void> {
    ended = response
    const left = clear()
    for (const { stage, reservation } of left) stage.ended?.(reservation, response)
    return settleAll(left, { response, stated })
  }

  function keep({ stage, reservation }: Stay<R>): void {
    const leaseMs = leaseOf(reservation)
    if (leaseMs === null) return
    kept.push(keepSlots(reservation, leaseMs, (cause) => stage.onFault(new SluiceError('SLUICE_STORE', {}, { cause }), null)))
  }

  function take(latest: Decision): void {
    limits = mergeDisclosed(limits, disclosedLimits(latest))
  }

  function giveBack(): MaybePromise<void> {
    return inTurn(clear(), ({ reservation }) => reservation.cancel())
  }

  /** A step that refuses gives back what lies in its own store, and says so. What lies elsewhere goes back now, and is looked at again. */
  function giveBackAfter({ stage: { store } }: Stay<R>): MaybePromise<void> {
    const elsewhere = stays.filter(({ stage }) => stage.store !== store)
    const look = ({ stage, subject }: Stay<R>): MaybePromise<void> =>
      andThen(stage.look(subject), (latest) => (latest === null ? undefined : take(latest)))
    return andThen(giveBack(), () => inTurn(elsewhere, look))
  }

  return {
    headers: [],
    useStore(store) {
      if (chosen !== undefined && chosen !== store) throw new SluiceError('SLUICE_TWO_STORES')
      chosen = store
    },
    decision: () => decision,
    limits: () => limits,
    held: (store) => stays.filter((stay) => stay.stage.store === store).map((stay) => stay.reservation),
    enter(stay) {
      const latest = stay.reservation.decision
      decision = latest
      take(latest)
      if (latest.outcome === 'unavailable') {
        // Something is broken: what goes back now is not looked at again, and no number is better than an old one.
        limits = noLimits
        return andThen(giveBack(), () => latest)
      }
      if (!latest.allowed) return andThen(giveBackAfter(stay), () => latest)
      stays.push(stay)
      keep(stay)
      if (ended !== undefined) void finish(ended)
      else if (watch !== undefined && !watched && waitsForResponse(stay)) {
        watched = true
        watch(finish)
      }
      return null
    },
    settle(actual) {
      checkStated(actual)
      // Said together with what the other limits learn from the response, since a reservation is settled once.
      if (stays.some(waitsForResponse)) stated ??= actual
      else return settleAll(clear(), { response: null, stated: actual })
    },
    giveBack,
    waits: () => stays.some(waitsForResponse),
    finish,
  }
}
