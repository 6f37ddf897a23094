/** The HTTP request that a call of a limiter was made for, as events name it. Adapters know it, and the core passes it on. */
import type { DecidedRequest } from './limiter-event.ts'

/**
 * Under this key an object says which request it stands for: the subject of a call, or what its options name. The adapters' contexts of
 * requests have it. It is called for an event alone, so that no call pays for it.
 */
export const requestOfCall: unique symbol = Symbol('sluice.requestOfCall')

/** A request, and how many of its decisions came before. */
export interface RequestOfCall {
  readonly stage: number
  readonly http: DecidedRequest
}

/** What stands for a request. */
export interface CallWithRequest {
  [requestOfCall](): RequestOfCall
}

/** The request behind what may stand for it; `undefined` for a call of an application. Ask only where an event is made. */
export function httpOf(found: unknown): DecidedRequest | undefined {
  return requestOf(found)?.http
}

/** The request that an object stands for. Any value can be the subject of a call. */
export function requestOf(found: unknown): RequestOfCall | undefined {
  return (found as Partial<CallWithRequest> | null | undefined)?.[requestOfCall]?.()
}
