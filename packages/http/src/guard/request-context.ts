/** The context of a request: what one guard knows of it, and the subject that its limits are decided for. */
import type { Decision, MaybePromise, Refused, Reservation } from '@sluice/core'
import { isPromise } from '@sluice/core/internal'
import type { DisclosedLimits } from '../headers/disclosed-limits.ts'
import type { HttpFacts } from '../http-facts.ts'
import type { RequestSluice } from '../http-limit.ts'
import type { HttpSubject } from './core-limit.ts'
import type { RequestLedger } from './request-ledger.ts'
import type { Stage } from './stage.ts'

/** One request on its way; the subject that its limits are decided for. */
export interface RequestContext<R> extends HttpSubject<R> {
  /** The guard whose context it is. */
  readonly guard: object
  /** What all guards of this request share. */
  readonly ledger: RequestLedger<R>
  /** What handlers find on the request. */
  readonly sluice: RequestSluice
  /** The limits that callers may see, as they stand. */
  limits(): DisclosedLimits
  /** Decides a stage. @returns why the request is refused, or `null` to go on */
  pass(stage: Stage<R>): MaybePromise<Refused | null>
}

/** A context on a ledger, which another guard of the same request may have opened. */
export function openContext<R>(guard: object, request: R, http: HttpFacts, ledger: RequestLedger<R>): RequestContext<R> {
  return new OpenContext(guard, request, http, ledger)
}

/**
 * The context behind what handlers find on a request, so that an adapter leaves one thing there instead of two. Express gives every
 * request a hidden class of its own, and then each property takes nearly three microseconds.
 * @param found - whatever lies where adapters put it
 */
export function contextBehind<R>(found: unknown): RequestContext<R> | undefined {
  return OnRequest.contextBehind<R>(found)
}

/**
 * A class, as the one below: every request makes one, and with functions of their own they took two thirds of a microsecond where
 * these take a seventh of one.
 */
class OpenContext<R> implements RequestContext<R> {
  readonly guard: object
  readonly request: R
  readonly http: HttpFacts
  readonly ledger: RequestLedger<R>
  #sluice: RequestSluice | undefined

  constructor(guard: object, request: R, http: HttpFacts, ledger: RequestLedger<R>) {
    this.guard = guard
    this.request = request
    this.http = http
    this.ledger = ledger
  }

  /** Made when it is asked for: most handlers never do. */
  get sluice(): RequestSluice {
    this.#sluice ??= new OnRequest(this, this.http, this.ledger)
    return this.#sluice
  }

  limits(): DisclosedLimits {
    return this.ledger.limits()
  }

  pass(stage: Stage<R>): MaybePromise<Refused | null> {
    const reservation = stage.reserve(this, this.ledger.held(stage.store))
    if (!isPromise(reservation)) return this.#enter(stage, reservation)
    // The client may go while this is answered, and what it answers must not stay.
    if (stage.mayHold) this.ledger.watchEnd()
    return this.#enterLate(stage, reservation)
  }

  /** Apart from the above: a closure there would make every call allocate. */
  #enterLate(stage: Stage<R>, reservation: Promise<Reservation | null>): Promise<Refused | null> {
    return reservation.then((late) => this.#enter(stage, late))
  }

  #enter(stage: Stage<R>, reservation: Reservation | null): MaybePromise<Refused | null> {
    return reservation === null ? null : this.ledger.enter({ stage, reservation, subject: this })
  }
}

class OnRequest<R> implements RequestSluice {
  readonly #context: RequestContext<R>
  readonly #ledger: RequestLedger<R>
  readonly http: HttpFacts

  constructor(context: RequestContext<R>, http: HttpFacts, ledger: RequestLedger<R>) {
    this.#context = context
    this.#ledger = ledger
    this.http = http
  }

  static contextBehind<R>(found: unknown): RequestContext<R> | undefined {
    return typeof found === 'object' && found !== null && #context in found
      ? (found.#context as RequestContext<unknown> as RequestContext<R>)
      : undefined
  }

  get decision(): Decision | null {
    return this.#ledger.decision()
  }

  // Functions of their own, so that they can be taken out of their object.
  get settle(): RequestSluice['settle'] {
    return (actual) => this.#ledger.settle(actual)
  }

  get refund(): RequestSluice['refund'] {
    return () => this.#ledger.giveBack()
  }
}
