/** The request of a decision, as events have it. It is made for a listener alone. */
import type { DecidedRequest } from '@sluice/core'
import type { HttpFacts } from '../http-facts.ts'

/** The facts that events have of a request. What cannot be read is `null` there, because no event may fail a request. */
export function decidedRequest<R>(request: R, http: HttpFacts): DecidedRequest<R> {
  return new OfRequest(
    request,
    read(() => http.method) ?? '',
    read(() => http.route),
    read(() => (http.ip === null ? null : http.address)),
  )
}

function read<T>(fact: () => T): T | null {
  try {
    return fact()
  } catch {
    return null
  }
}

/** A class, because the getter of one is not enumerable: logs of an event then leave the request with its headers out. */
class OfRequest<R> implements DecidedRequest<R> {
  readonly method: string
  readonly route: string | null
  readonly address: string | null
  readonly #request: R

  constructor(request: R, method: string, route: string | null, address: string | null) {
    this.#request = request
    this.method = method
    this.route = route
    this.address = address
  }

  get request(): R {
    return this.#request
  }
}
