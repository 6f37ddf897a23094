/**
 * Decides whose address a request counts for, from its socket and `X-Forwarded-For`, where every proxy appends the address it was called
 * from.
 *
 * The header is read from the right, since an entry is as good as the proxy that wrote it. Behind a trusted proxy the next entry is
 * believed, and the first entry that is no trusted proxy is the client. What stands further left is the client's own writing. RFC 7239
 * `Forwarded` is not read: of two headers that say the same, one is the one a proxy forgets to overwrite.
 */
import type { CodeText } from '@sluice/core/internal'
import { SLUICE_TRUST_ADDRESS, SLUICE_TRUST_MISSING, SLUICE_TRUST_STRANGER } from '../errors.ts'
import { type Address, parseAddress } from './address.ts'
import { type CidrList, isEmpty, matchesAny } from './cidr.ts'

/** What a runtime and its proxies say about where a request came from. */
export interface ConnectionFacts {
  /** The other end of the socket; absent for Unix sockets and for sockets already destroyed. */
  readonly remoteAddress: string | undefined
  /** The value of `X-Forwarded-For`; several lines joined by commas. */
  readonly forwardedFor: string | undefined
}

/** Whose address it is, and the warning that the operator should see once. */
export interface ClientAddress {
  /** `null` if nobody knows: a fault for every limit by address, never a bucket of its own. */
  readonly address: Address | null
  /**
   * Why the forwarding header was ignored, as the text of a warning. `SLUICE_TRUST_ADDRESS`: the connection has no address.
   * `SLUICE_TRUST_MISSING`: nobody is trusted. `SLUICE_TRUST_STRANGER`: this peer is not. `null` if it was read, or was not there.
   */
  readonly warning: CodeText | null
}

/** @param trust - The proxies whose `X-Forwarded-For` is believed. Empty: the socket alone counts. */
export function clientAddress({ remoteAddress, forwardedFor }: ConnectionFacts, trust: CidrList): ClientAddress {
  const peer = remoteAddress === undefined ? null : parseAddress(remoteAddress)
  if (forwardedFor === undefined) return { address: peer, warning: null }
  if (peer === null) return { address: null, warning: SLUICE_TRUST_ADDRESS }
  if (matchesAny(trust, peer)) return { address: clientBehind(peer, forwardedFor, trust), warning: null }
  return { address: peer, warning: isEmpty(trust) ? SLUICE_TRUST_MISSING : SLUICE_TRUST_STRANGER }
}

/** Entries beyond these, empty ones included, are not read: no honest chain is longer. */
export const longestChain = 32

/**
 * The nearest address that no trusted proxy holds. If there is none, it is the last trusted proxy that was read: every entry is trusted,
 * an entry cannot be read, or the chain is too long. Many clients then share its bucket, and nobody can mint a new one.
 *
 * @param peer - The socket's address, which the caller has found to be trusted.
 * @param header - The header's value; several lines joined by commas.
 */
export function clientBehind(peer: Address, header: string, trust: CidrList): Address {
  let nearest = peer
  let end = header.length
  for (let read = 0; end >= 0 && read < longestChain; read++) {
    // By position instead of split(): a header of megabytes costs no more than the entries that are read.
    const comma = end === 0 ? -1 : header.lastIndexOf(',', end - 1)
    const entry = header.slice(comma + 1, end).trim()
    end = comma
    if (entry === '') continue
    const address = parseAddress(entry)
    if (address === null) return nearest
    nearest = address
    if (!matchesAny(trust, address)) return nearest
  }
  return nearest
}
