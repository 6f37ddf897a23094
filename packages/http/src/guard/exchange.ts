/** An exchange: what one guard has to do with one request, from the first decision to the settlement after the response. */
import { type Decision, isPromise, type MaybePromise, type Refused, type Reservation } from '@sluice/core'
import type { DisclosedLimits } from '../headers/disclosed-limits.ts'
import type { HttpFacts } from '../http-facts.ts'
import type { RequestSluice, ResponseFacts } from '../http-limit.ts'
import type { HttpSubject } from './core-limit.ts'
import type { Stage } from './stage.ts'
import type { Tab } from './tab.ts'

/** One request on its way; the subject that its limits are decided for. */
export interface Exchange<R> extends HttpSubject<R> {
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
  return new OpenExchange(guard, request, http, tab)
}

/**
 * The exchange behind what handlers find on a request, so that an adapter leaves one thing there instead of two. Express gives every
 * request a hidden class of its own, and then each property takes nearly three microseconds.
 * @param found - whatever lies where adapters put it
 */
export function exchangeBehind<R>(found: unknown): Exchange<R> | undefined {
  return OnRequest.exchangeBehind<R>(found)
}

/**
 * A class, as the one below: every request makes one, and with functions of their own they took two thirds of a microsecond where
 * these take a seventh of one.
 */
class OpenExchange<R> implements Exchange<R> {
  readonly guard: object
  readonly request: R
  readonly http: HttpFacts
  readonly tab: Tab<R>
  #sluice: RequestSluice | undefined

  constructor(guard: object, request: R, http: HttpFacts, tab: Tab<R>) {
    this.guard = guard
    this.request = request
    this.http = http
    this.tab = tab
  }

  /** Made when it is asked for: most handlers never do. */
  get sluice(): RequestSluice {
    this.#sluice ??= new OnRequest(this, this.http, this.tab)
    return this.#sluice
  }

  limits(): DisclosedLimits {
    return this.tab.limits()
  }

  pass(stage: Stage<R>): MaybePromise<Refused | null> {
    const reservation = stage.reserve(this, this.tab.held(stage.store))
    return isPromise(reservation) ? this.#enterLate(stage, reservation) : this.#enter(stage, reservation)
  }

  waits(): boolean {
    return this.tab.waits()
  }

  finish(response: ResponseFacts): MaybePromise<void> {
    return this.tab.finish(response)
  }

  /** Apart from the above: a closure there would make every call allocate. */
  #enterLate(stage: Stage<R>, reservation: Promise<Reservation | null>): Promise<Refused | null> {
    return reservation.then((late) => this.#enter(stage, late))
  }

  #enter(stage: Stage<R>, reservation: Reservation | null): MaybePromise<Refused | null> {
    return reservation === null ? null : this.tab.enter({ stage, reservation, subject: this })
  }
}

class OnRequest<R> implements RequestSluice {
  readonly #exchange: Exchange<R>
  readonly #tab: Tab<R>
  readonly http: HttpFacts

  constructor(exchange: Exchange<R>, http: HttpFacts, tab: Tab<R>) {
    this.#exchange = exchange
    this.#tab = tab
    this.http = http
  }

  static exchangeBehind<R>(found: unknown): Exchange<R> | undefined {
    return typeof found === 'object' && found !== null && #exchange in found
      ? (found.#exchange as Exchange<unknown> as Exchange<R>)
      : undefined
  }

  get decision(): Decision | null {
    return this.#tab.decision()
  }

  // Functions of their own, so that they can be taken out of their object.
  get settle(): RequestSluice['settle'] {
    return (actual) => this.#tab.settle(actual)
  }

  get refund(): RequestSluice['refund'] {
    return () => this.#tab.giveBack()
  }
}
