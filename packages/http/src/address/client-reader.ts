/** Reads the client of each request of a guard, and warns once where the trust is probably misconfigured. */
import { type CodeText, warnOnce } from '@sluice/core/internal'
import { SLUICE_TRUST_MISSING, SLUICE_TRUST_STRANGER } from '../errors.ts'
import { remember } from '../remember.ts'
import { type Address, addressText, parseAddress } from './address.ts'
import { keyOf } from './address-key.ts'
import { clientAddress } from './client-address.ts'
import { type TrustPolicy, trustsAnyone } from './trust.ts'

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
   * Whether the connection of a request never has an address: see {@link neverHasAddress}. It is called where `remoteAddress` is
   * `undefined` and `trust` names `'unix'`. @default false
   */
  isUnix?(request: R): boolean
  /**
   * The addresses that the framework's own proxy settings vouch for, nearest first, ending with the client's; empty where it trusts
   * no proxy. Used where the guard has no `trust` of its own. A connection without an address is `undefined`.
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
export function clientReader(trust: TrustPolicy, ipv6Prefix: number): ClientReader {
  // Connections are kept open, and each of their requests has the same address.
  const clientAt = remember(mostSockets, (text: string) => parseClient(text, ipv6Prefix))
  const hasTrust = trustsAnyone(trust)
  // Once for each guard and code: strangers choose the addresses that the text would show.
  const warned = new Set<CodeText>()
  let requests = 0
  // Where no proxy is trusted the header matters for the warning alone, and to read it takes some frameworks a microsecond or more. A
  // proxy that forwards writes it into every request, so that a few looks find it.
  const looksAtHeader = (): boolean =>
    hasTrust || (!warned.has(SLUICE_TRUST_MISSING) && (++requests <= firstLooks || requests % betweenLooks === 0))
  return (connection, request) => {
    const remoteAddress = connection.remoteAddress(request)
    // What a framework vouches for is not validated: an entry that is no address must not become a bucket.
    const vouched = hasTrust ? noAddresses : connection.vouchedFor(request)
    if (vouched.length > 1) {
      const client = vouched.findLast(isAddress)
      if (client !== undefined) return parseClient(client, ipv6Prefix)
    }
    const forwarded = looksAtHeader() ? connection.header(request, trust.header) : undefined
    if (forwarded === undefined && !hasTrust) return remoteAddress === undefined ? null : clientAt(remoteAddress)
    const isUnix = remoteAddress === undefined && trust.unix && connection.isUnix?.(request)
    const { address, warning } = clientAddress({ remoteAddress, forwarded, isUnix }, trust)
    if (warning !== null) warn(vouched.length > 0 && warning === SLUICE_TRUST_MISSING ? SLUICE_TRUST_STRANGER : warning, remoteAddress)
    return address === null ? null : { address, key: keyOf(address, ipv6Prefix) }
  }

  function warn(warning: CodeText, remoteAddress: string | undefined): void {
    if (warned.has(warning)) return
    warned.add(warning)
    const header = trust.header === 'x-forwarded-for' ? 'X-Forwarded-For' : trust.header
    warnOnce(warning, { header, hops: trust.client, peer: peerText(remoteAddress) })
  }
}

const noAddresses: readonly string[] = []

function parseClient(text: string, ipv6Prefix: number): Client | null {
  const address = parseAddress(text)
  return address === null ? null : { address, key: keyOf(address, ipv6Prefix) }
}

/** A peer in the form that lists have, whatever its socket calls it. */
function peerText(remoteAddress: string | undefined): string {
  const peer = remoteAddress === undefined ? null : parseAddress(remoteAddress)
  return peer === null ? 'a connection without an address' : addressText(peer)
}

function isAddress(text: string | undefined): boolean {
  return text !== undefined && parseAddress(text) !== null
}

/** The part of a server's socket that is used, by its shape alone: this package runs where `node:net` does not exist. */
export interface ServerSocket {
  readonly server?: { readonly listening: boolean; address(): unknown } | null
}

/**
 * Whether a connection never has an address: its server listens on a Unix socket, or the runtime has no sockets, as in an AWS Lambda. A
 * TCP client that has hung up has no address either, and is never taken for a proxy.
 * @param socket - of `node:net`, where there is one
 * @example
 * ```ts
 * const adapter = { ...own, isUnix: (request) => neverHasAddress(request.socket) }
 * ```
 */
export function neverHasAddress(socket: ServerSocket | undefined): boolean {
  if (socket === undefined) return true
  const at = socket.server?.address()
  // A Unix socket that a supervisor hands over has no path, and its server still listens.
  return typeof at === 'string' || (at === null && socket.server?.listening === true)
}
