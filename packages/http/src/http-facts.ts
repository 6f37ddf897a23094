/** The same facts of a request under every framework. */
import { SluiceError } from '@sluice/core'
import type { Address } from './address.ts'
import { addressKey } from './address-key.ts'
import { addressText } from './address-text.ts'

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
export interface Framework<R> {
  method(request: R): string
  route(request: R): string | null
  /** The other end of the socket. */
  remoteAddress(request: R): string | undefined
  /**
   * The addresses that the framework's own proxy settings vouch for, nearest first, ending with the client's; empty where it trusts
   * nobody. Used where the guard has no `trust` of its own.
   */
  vouchedFor(request: R): readonly string[]
  /** @param name - in lower case */
  header(request: R, name: string): string | undefined
}

/** The facts of one request. The address is worked out when it is first read, for many limits never ask. */
export function httpFacts<R>(
  framework: Framework<R>,
  request: R,
  ipv6Prefix: number,
  clientOf: (facts: HttpFacts) => Address | null,
): HttpFacts {
  let client: Address | null | undefined
  const known = (): Address | null => {
    if (client === undefined) client = clientOf(facts)
    return client
  }
  const facts: HttpFacts = {
    get method() {
      return framework.method(request)
    },
    get route() {
      return framework.route(request)
    },
    get address() {
      const address = known()
      if (address === null) throw new SluiceError('SLUICE_ADDRESS')
      return addressKey(address, ipv6Prefix)
    },
    get ip() {
      const address = known()
      return address === null ? null : addressText(address)
    },
    header(name) {
      // Frameworks keep headers in plain objects, which also have what every object has.
      const value = framework.header(request, name.toLowerCase())
      return typeof value === 'string' ? value : undefined
    },
  }
  return facts
}
