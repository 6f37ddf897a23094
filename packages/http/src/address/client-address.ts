/** Decides whose address a request counts for. */
import { type Address, parseAddress } from './address.ts'
import { type CidrList, isEmpty, matchesAny } from './cidr.ts'
import { clientBehind } from './forwarded-for.ts'

/** What a runtime and its proxies say about where a request came from. */
export interface ConnectionFacts {
  /** The other end of the socket; absent for Unix sockets and for sockets already destroyed. */
  readonly remoteAddress: string | undefined
  /** The value of `X-Forwarded-For`; several lines joined by commas. */
  readonly forwardedFor: string | undefined
}

/** The code of a warning about an ignored forwarding header. */
export type TrustWarning = 'SLUICE_TRUST_ADDRESS' | 'SLUICE_TRUST_MISSING' | 'SLUICE_TRUST_STRANGER'

/** Whose address it is, and the warning that the operator should see once. */
export interface ClientAddress {
  /** `null` if nobody knows: a fault for every limit by address, never a bucket of its own. */
  readonly address: Address | null
  /**
   * Why the forwarding header was ignored, as the code of a warning. `SLUICE_TRUST_ADDRESS`: the connection has no address.
   * `SLUICE_TRUST_MISSING`: nobody is trusted. `SLUICE_TRUST_STRANGER`: this peer is not. `null` if it was read, or was not there.
   */
  readonly warning: TrustWarning | null
}

/** @param trust - The proxies whose `X-Forwarded-For` is believed. Empty: the socket alone counts. */
export function clientAddress({ remoteAddress, forwardedFor }: ConnectionFacts, trust: CidrList): ClientAddress {
  const peer = remoteAddress === undefined ? null : parseAddress(remoteAddress)
  if (forwardedFor === undefined) return { address: peer, warning: null }
  if (peer === null) return { address: null, warning: 'SLUICE_TRUST_ADDRESS' }
  if (matchesAny(trust, peer)) return { address: clientBehind(peer, forwardedFor, trust), warning: null }
  return { address: peer, warning: isEmpty(trust) ? 'SLUICE_TRUST_MISSING' : 'SLUICE_TRUST_STRANGER' }
}
