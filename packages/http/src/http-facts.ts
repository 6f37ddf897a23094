/** The same facts of a request under every framework. */

import { SluiceError } from '@sluice/core'
import { SLUICE_ADDRESS } from '@sluice/core/internal'
import { type Address, addressText } from './address/address.ts'
import type { Client, ClientReader, ConnectionReading } from './address/client-reader.ts'

/** What functions of limits get beside the framework's own request. */
export interface HttpFacts {
  readonly method: string
  /** The pattern of the matched route, or `null` where there is none. */
  readonly route: string | null
  /** The client's address as a key: IPv4 in full, IPv6 by network. Reading it where there is none is a fault. */
  readonly address: string
  /** The client's address in full, or `null` where there is none. */
  readonly ip: string | null
  /** A request header, several lines joined by commas. @param name - in any case */
  header(name: string): string | undefined
}

/** How a framework's request is read. */
export interface Framework<R> extends ConnectionReading<R> {
  method(request: R): string
  route(request: R): string | null
}

/** The facts of one request. The address is worked out when it is first read, for many limits never ask. */
export function httpFacts<R>(framework: Framework<R>, request: R, clientOf: ClientReader): HttpFacts {
  return new RequestFacts(framework, request, clientOf)
}

/** The address of the client, as lists compare it; `null` if there is none. @param http - what {@link httpFacts} made */
export function addressOf(http: HttpFacts): Address | null {
  return RequestFacts.addressOf(http as RequestFacts<unknown>)
}

/** A class for its getters: those of an object literal are made anew for each request, which takes two microseconds. */
class RequestFacts<R> implements HttpFacts {
  readonly #framework: Framework<R>
  readonly #request: R
  readonly #clientOf: ClientReader
  #client: Client | null | undefined

  constructor(framework: Framework<R>, request: R, clientOf: ClientReader) {
    this.#framework = framework
    this.#request = request
    this.#clientOf = clientOf
  }

  static addressOf(facts: RequestFacts<unknown>): Address | null {
    return facts.#known()?.address ?? null
  }

  get method(): string {
    return this.#framework.method(this.#request)
  }

  get route(): string | null {
    return this.#framework.route(this.#request)
  }

  get address(): string {
    const client = this.#known()
    if (client === null) throw new SluiceError(SLUICE_ADDRESS)
    return client.key
  }

  get ip(): string | null {
    const client = this.#known()
    return client === null ? null : addressText(client.address)
  }

  /** A function of its own, so that it can be taken out of its object. */
  get header(): HttpFacts['header'] {
    return (name) => {
      // Frameworks keep headers in plain objects, which also have what every object has.
      const value = this.#framework.header(this.#request, name.toLowerCase())
      return typeof value === 'string' ? value : undefined
    }
  }

  #known(): Client | null {
    if (this.#client === undefined) this.#client = this.#clientOf(this.#framework, this.#request)
    return this.#client
  }
}

/**
 * Whether a browser asks for permission before the real request (Fetch standard, "CORS-preflight request"). Every other `OPTIONS` counts
 * like any method, or it would be a way around the limit.
 */
export function isPreflight(http: Pick<HttpFacts, 'method' | 'header'>): boolean {
  return http.method === 'OPTIONS' && http.header('origin') !== undefined && http.header('access-control-request-method') !== undefined
}

/**
 * Whether the response to a preflight was written by CORS: it names what scripts of another origin may do. Another response, such as a
 * 404, has none of these headers.
 * @example
 * ```ts
 * isCorsAnswer({ header: (name) => response.headers.get(name) ?? undefined }) // true behind cors()
 * ```
 */
export function isCorsAnswer({ header }: Pick<HttpFacts, 'header'>): boolean {
  return header('access-control-allow-origin') !== undefined || header('access-control-allow-methods') !== undefined
}
