/** The context of a request: what one guard knows of it. */
import type { Decision, MaybePromise } from '@sluice/core'
import { type CallWithRequest, requestOfCall } from '@sluice/core/internal'
import type { HttpFacts } from '../http-facts.ts'
import type { RequestSluice } from '../http-limit.ts'
import type { StageSubject } from './core-limit.ts'
import { decidedRequest } from './decided-request.ts'
import type { RequestLedger } from './request-ledger.ts'
import { delayOf } from './slow-limit.ts'

/** One request on its way through one guard. */
export interface RequestContext<R> extends StageSubject<R> {
  /** The guard whose context it is. */
  readonly guard: object
  /** The ledger that all guards of this request share. */
  readonly ledger: RequestLedger<R>
  /** What handlers find on the request. */
  readonly sluice: RequestSluice
}

/** A context on a ledger, which another guard of the same request may have opened. */
export function openContext<R>(guard: object, request: R, http: HttpFacts, ledger: RequestLedger<R>): RequestContext<R> {
  return new OpenContext(guard, request, http, ledger)
}

/**
 * The context behind what handlers find on a request, so that an adapter leaves one thing there instead of two. Express gives every
 * request a hidden class of its own, and then each property takes nearly three microseconds.
 * @param found - whatever lies where adapters put it
 * @example
 * ```ts
 * const context = guard.open(request, watch, contextBehind(request.sluice))
 * request.sluice = context.sluice
 * ```
 */
export function contextBehind<R>(found: unknown): RequestContext<R> | undefined {
  return OnRequest.contextBehind<R>(found)
}

/**
 * A class, as the one below, because every request makes one. With functions of their own they took two thirds of a microsecond. These
 * take a seventh of one.
 */
class OpenContext<R> implements RequestContext<R> {
  readonly guard: object
  readonly request: R
  readonly http: HttpFacts
  readonly ledger: RequestLedger<R>
  #sluice: RequestSluice | undefined
  #answers: Map<object, unknown> | undefined

  constructor(guard: object, request: R, http: HttpFacts, ledger: RequestLedger<R>) {
    this.guard = guard
    this.request = request
    this.http = http
    this.ledger = ledger
  }

  /** Made when it is first read: most handlers never do. */
  get sluice(): RequestSluice {
    this.#sluice ??= new OnRequest(this, this.http, this.ledger)
    return this.#sluice
  }

  [requestOfCall](): ReturnType<CallWithRequest[typeof requestOfCall]> {
    return { stage: this.ledger.stages, http: decidedRequest(this.request, this.http) }
  }

  once<T extends NonNullable<unknown> | null>(fn: object, ask: () => MaybePromise<T>): MaybePromise<T> {
    this.#answers ??= new Map()
    const known = this.#answers.get(fn) as MaybePromise<T> | undefined
    if (known !== undefined) return known
    const answer = ask()
    this.#answers.set(fn, answer)
    return answer
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

  get delayMs(): number {
    return delayOf(this.#ledger)
  }

  // Functions of their own, so that they can be taken out of their object.
  get settle(): RequestSluice['settle'] {
    return (actual) => this.#ledger.settle(actual)
  }

  get refund(): RequestSluice['refund'] {
    return () => this.#ledger.giveBack()
  }
}
