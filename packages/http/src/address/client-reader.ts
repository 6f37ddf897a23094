/** Reads the client of each request of a guard, and warns once where the trust is probably misconfigured. */
import { type CodeText, warnOnce } from '@sluice/core/internal'
import { SLUICE_TRUST_MISSING } from '../errors.ts'
import { remember } from '../remember.ts'
import { type Address, addressText, parseAddress } from './address.ts'
import { keyOf } from './address-key.ts'
import { type CidrList, isEmpty } from './cidr.ts'
import { clientAddress } from './client-address.ts'

/** The client that a request counts for. */
export interface Client {
  readonly address: Address
  /** IPv4 in full, IPv6 by network. */
  readonly key: string
}

/** How a framework tells where a request came from. */
export interface ConnectionReading<R> {
  /** The other end of the socket. */
  remoteAddress(request: R): string | undefined
  /**
   * The addresses that the framework's own proxy settings vouch for, nearest first, ending with the client's; empty where it trusts
   * nobody. Used where the guard has no `trust` of its own. A connection without an address is `undefined`.
   */
  vouchedFor(request: R): readonly (string | undefined)[]
  /** @param name - in lower case */
  header(request: R, name: string): string | undefined
}

/** The client of a request; `null` if its address is not known. */
export type ClientReader = <R>(connection: ConnectionReading<R>, request: R) => Client | null

/** Requests of a guard that are all checked for a forwarding header that no trusted proxy wrote; later one of 64 is. */
const firstLooks = 256
const betweenLooks = 64
/** Addresses of sockets that are remembered at once; each takes some two hundred bytes. */
const mostSockets = 1024

/** The reader of one guard. @param ipv6Prefix - leading bits by which IPv6 addresses are counted */
export function clientReader(trust: CidrList, ipv6Prefix: number): ClientReader {
  // Connections are kept open, and each of their requests has the same address.
  const clientAt = remember(mostSockets, (text: string) => parseClient(text, ipv6Prefix))
  // Once for each guard and code: strangers choose the addresses that the text would show.
  const warned = new Set<CodeText>()
  let requests = 0
  // Where nobody is trusted the header matters for the warning alone, and to read it takes some frameworks a microsecond or more. A
  // proxy that forwards writes it into every request, so that a few looks find it.
  const looksAtHeader = (): boolean =>
    !isEmpty(trust) || (!warned.has(SLUICE_TRUST_MISSING) && (++requests <= firstLooks || requests % betweenLooks === 0))
  return (connection, request) => {
    const remoteAddress = connection.remoteAddress(request)
    if (isEmpty(trust)) {
      // What a framework vouches for is not validated: an entry that is no address must not become a bucket.
      const addresses = connection.vouchedFor(request)
      const vouched = addresses.length === 0 ? undefined : addresses.findLast(isAddress)
      if (vouched !== undefined) return parseClient(vouched, ipv6Prefix)
    }
    const forwardedFor = looksAtHeader() ? connection.header(request, 'x-forwarded-for') : undefined
    if (forwardedFor === undefined) return remoteAddress === undefined ? null : clientAt(remoteAddress)
    const { address, warning } = clientAddress({ remoteAddress, forwardedFor }, trust)
    if (warning !== null && !warned.has(warning)) {
      warned.add(warning)
      warnOnce(warning, { peer: peerText(remoteAddress) })
    }
    return address === null ? null : { address, key: keyOf(address, ipv6Prefix) }
  }
}

function parseClient(text: string, ipv6Prefix: number): Client | null {
  const address = parseAddress(text)
  return address === null ? null : { address, key: keyOf(address, ipv6Prefix) }
}

/** A peer in the form that lists have, whatever its socket calls it. */
function peerText(remoteAddress: string | undefined): string | undefined {
  const peer = remoteAddress === undefined ? null : parseAddress(remoteAddress)
  return peer === null ? remoteAddress : addressText(peer)
}

function isAddress(text: string | undefined): boolean {
  return text !== undefined && parseAddress(text) !== null
}
