/** An exchange: one request on its way through its guards, from the first decision to the settlement after the response. */
import { andThen, type Cost, type Decision, isPromise, type MaybePromise, type Refused, type Reservation, SluiceError } from '@sluice/core'
import { type DisclosedLimits, disclosedLimits, mergeDisclosed, noLimits } from './disclosed-limits.ts'
import type { HttpFacts } from './http-facts.ts'
import type { RequestSluice, ResponseFacts } from './http-limit.ts'
import { inTurn } from './in-turn.ts'
import { type Stay, settleAll, waitsForResponse } from './settle-response.ts'
import type { Stage } from './stage.ts'

/** One request on its way. */
export interface Exchange<R> {
  readonly request: R
  /** What handlers find on the request. */
  readonly sluice: RequestSluice
  /** The limits that callers may see, as they stand. */
  limits(): DisclosedLimits
  /** Decides a stage. @returns why the request is refused, or `null` to go on */
  pass(stage: Stage<R>): MaybePromise<Refused | null>
  /** Whether something waits for the end of the response. */
  waits(): boolean
  /** To be called when the response has ended, if something waits for it. */
  finish(response: ResponseFacts): void
}

/** An exchange that has passed nothing yet. @param onFault - told of settlement functions that failed */
export function openExchange<R>(request: R, http: HttpFacts, onFault: (error: SluiceError, limit: string | null) => void): Exchange<R> {
  const subject = { request, http }
  const stays: Stay<R>[] = []
  let limits: DisclosedLimits = noLimits
  let decision: Decision | null = null
  let stated: Cost | undefined

  function enter(stage: Stage<R>, reservation: Reservation | null): MaybePromise<Refused | null> {
    if (reservation === null) return null
    const latest = reservation.decision
    decision = latest
    limits = mergeDisclosed(limits, disclosedLimits(latest))
    if (!latest.allowed) return andThen(giveBack(), () => latest)
    stays.push({ stage, reservation })
    return null
  }

  /** The step that refused has given back what lies in its own store; the rest goes back now. */
  function giveBack(): MaybePromise<void> {
    return inTurn(
      stays.splice(0).map(
        ({ reservation }) =>
          () =>
            reservation.cancel(),
      ),
    )
  }

  return {
    request,
    sluice: {
      get decision() {
        return decision
      },
      http,
      settle(actual) {
        // Said together with what the other limits learn from the response, since a reservation is settled once.
        if (stays.some(waitsForResponse)) stated = actual
        else return settleAll(stays.splice(0), { subject, response: null, stated: actual, onFault })
      },
      refund: giveBack,
    },
    limits: () => limits,
    pass(stage) {
      const held = stays.filter((stay) => stay.stage.store === stage.store).map((stay) => stay.reservation)
      const reservation = stage.reserve(subject, held)
      return isPromise(reservation) ? reservation.then((late) => enter(stage, late)) : enter(stage, reservation)
    },
    waits: () => stays.some(waitsForResponse),
    finish(response) {
      const settled = settleAll(stays.splice(0), { subject, response, stated, onFault })
      // Nobody waits for this: what the store could not settle stays charged, and those who observe are told.
      if (isPromise(settled)) settled.catch((cause: unknown) => onFault(new SluiceError('SLUICE_STORE', {}, { cause }), null))
    },
  }
}
