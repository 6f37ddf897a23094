/** An exchange: what one guard has to do with one request, from the first decision to the settlement after the response. */
import { type Decision, isPromise, type MaybePromise, type Refused, type Reservation } from '@sluice/core'
import type { DisclosedLimits } from './disclosed-limits.ts'
import type { HttpFacts } from './http-facts.ts'
import type { RequestSluice, ResponseFacts } from './http-limit.ts'
import type { Stage } from './stage.ts'
import type { Tab } from './tab.ts'

/** One request on its way. */
export interface Exchange<R> {
  readonly request: R
  /** The guard whose exchange it is. */
  readonly guard: object
  /** What all guards of this request share. */
  readonly tab: Tab<R>
  /** What handlers find on the request. */
  readonly sluice: RequestSluice
  /** The limits that callers may see, as they stand. */
  limits(): DisclosedLimits
  /** Decides a stage. @returns why the request is refused, or `null` to go on */
  pass(stage: Stage<R>): MaybePromise<Refused | null>
  /** Whether something waits for the end of the response. */
  waits(): boolean
  /** To be called when the response has ended, if something waits for it. @returns when all is settled */
  finish(response: ResponseFacts): MaybePromise<void>
}

/** An exchange on a tab, which other guards of the same request may have opened. */
export function openExchange<R>(guard: object, request: R, http: HttpFacts, tab: Tab<R>): Exchange<R> {
  const subject = { request, http }
  const enter = (stage: Stage<R>, reservation: Reservation | null): MaybePromise<Refused | null> =>
    reservation === null ? null : tab.enter({ stage, reservation, subject })
  return {
    request,
    guard,
    tab,
    sluice: new OnRequest(http, tab),
    limits: tab.limits,
    pass(stage) {
      const reservation = stage.reserve(subject, tab.held(stage.store))
      return isPromise(reservation) ? reservation.then((late) => enter(stage, late)) : enter(stage, reservation)
    },
    waits: tab.waits,
    finish: tab.finish,
  }
}

/** A class for its getter: in an object literal it would be made anew for each request, which takes most of a microsecond. */
class OnRequest<R> implements RequestSluice {
  readonly #tab: Tab<R>
  readonly http: HttpFacts
  readonly settle: RequestSluice['settle']
  readonly refund: RequestSluice['refund']

  constructor(http: HttpFacts, tab: Tab<R>) {
    this.#tab = tab
    this.http = http
    this.settle = tab.settle
    this.refund = tab.giveBack
  }

  get decision(): Decision | null {
    return this.#tab.decision()
  }
}
