/**
 * Decides whose address a request counts for, from its socket and the header that trusted proxies write.
 *
 * `X-Forwarded-For` is read from the right, where every proxy appends the address it was called from: an entry is as good as the proxy
 * that wrote it. The client is the first entry that is no trusted proxy, or the entry at a number of hops. What stands further left is
 * the client's own writing. RFC 7239 `Forwarded` is not read: of two headers that say the same, one is the one a proxy forgets to overwrite.
 */
import type { CodeText } from '@sluice/core/internal'
import { SLUICE_TRUST_ADDRESS, SLUICE_TRUST_MISSING, SLUICE_TRUST_SHORT, SLUICE_TRUST_STRANGER, SLUICE_TRUST_UNREAD } from '../errors.ts'
import { type Address, parseAddress } from './address.ts'
import { type CidrList, matchesAny } from './cidr.ts'
import { longestChain, type TrustPolicy, trustsAnyone } from './trust.ts'

/** What a runtime and its proxies say about where a request came from. */
export interface ConnectionFacts {
  /** The other end of the socket; absent for Unix sockets and for sockets already destroyed. */
  readonly remoteAddress: string | undefined
  /** The value of the header that {@link TrustPolicy} reads; several lines joined by commas. */
  readonly forwarded: string | undefined
  /** Whether the connection never has an address, as over a Unix socket. It matters where `remoteAddress` is absent. @default false */
  readonly isUnix?: boolean | undefined
}

/** Whose address it is, and the warning that the operator should see once. */
export interface ClientAddress {
  /** `null` if it is unknown: a fault for every limit by address, never a bucket of its own. */
  readonly address: Address | null
  /**
   * `SLUICE_TRUST_ADDRESS`: the connection has no address. `SLUICE_TRUST_MISSING`: no proxy is trusted. `SLUICE_TRUST_STRANGER`: this peer
   * is not. `SLUICE_TRUST_SHORT`: the header has fewer entries than `hops`. `SLUICE_TRUST_UNREAD`: the named header has no address.
   */
  readonly warning: CodeText | null
}

/** @param trust - The proxies whose header is believed. Without one the socket alone counts. */
export function clientAddress({ remoteAddress, forwarded, isUnix = false }: ConnectionFacts, trust: TrustPolicy): ClientAddress {
  const peer = remoteAddress === undefined ? null : parseAddress(remoteAddress)
  const isTrusted = peer === null ? trust.unix && isUnix : matchesAny(trust.proxies, peer)
  if (isTrusted) return clientOfProxy(peer, forwarded, trust)
  if (forwarded === undefined) return { address: peer, warning: null }
  if (peer === null) return { address: null, warning: SLUICE_TRUST_ADDRESS }
  if (trustsAnyone(trust)) return { address: peer, warning: SLUICE_TRUST_STRANGER }
  // Some runtimes take the address of the connection from the header itself, as `hono/aws-lambda` does.
  const isKnown = sameAddress(peer, parseAddress(forwarded.slice(forwarded.lastIndexOf(',') + 1)))
  return { address: peer, warning: isKnown ? null : SLUICE_TRUST_MISSING }
}

/** @param peer - a trusted proxy; `null` for one without an address */
function clientOfProxy(peer: Address | null, forwarded: string | undefined, { client, proxies }: TrustPolicy): ClientAddress {
  if (client === 'onlyEntry') {
    const address = forwarded === undefined ? null : parseAddress(forwarded)
    return { address: address ?? peer, warning: address === null ? SLUICE_TRUST_UNREAD : null }
  }
  // Proxies that check the health of a server send no header.
  if (forwarded === undefined) return { address: peer, warning: null }
  if (client === 'nearestStranger') return { address: clientBehind(peer, forwarded, proxies), warning: null }
  return clientAtHop(peer, forwarded, client)
}

/**
 * The nearest address that no trusted proxy holds. If there is none, it is the last trusted proxy that was read: every entry is trusted,
 * an entry cannot be read, or the chain is too long. Many clients then share its bucket, and no client can mint a new one.
 *
 * @param peer - The socket's address, which the caller has found to be trusted; `null` for a proxy without an address.
 * @param header - The header's value; several lines joined by commas.
 */
export function clientBehind<P extends Address | null>(peer: P, header: string, trust: CidrList): P | Address {
  let nearest: P | Address = peer
  for (const entry of entriesOf(header)) {
    const address = parseAddress(entry)
    if (address === null) return nearest
    nearest = address
    if (!matchesAny(trust, address)) return nearest
  }
  return nearest
}

/**
 * The entry at a place from the right, where each proxy wrote one. If it cannot be read, the nearest readable one to its right counts. A
 * proxy may write `unknown` or `unix:`. No client can make a proxy do so for an entry to the right of its own.
 */
function clientAtHop(peer: Address | null, header: string, hops: number): ClientAddress {
  let nearest = peer
  let found = 0
  for (const entry of entriesOf(header)) {
    nearest = parseAddress(entry) ?? nearest
    if (++found === hops) return { address: nearest, warning: null }
  }
  return { address: nearest, warning: found === 0 ? null : SLUICE_TRUST_SHORT }
}

/** The entries of a list from the right; empty ones are left out. By position instead of split(): a header of megabytes costs no more. */
function* entriesOf(header: string): Generator<string> {
  let end = header.length
  for (let read = 0; end >= 0 && read < longestChain; read++) {
    const comma = end === 0 ? -1 : header.lastIndexOf(',', end - 1)
    const entry = header.slice(comma + 1, end).trim()
    end = comma
    if (entry !== '') yield entry
  }
}

function sameAddress(one: Address, other: Address | null): boolean {
  return other !== null && one.family === other.family && one.words.every((word, i) => word === other.words[i])
}
