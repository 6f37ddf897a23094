/** A client: whose address it is, and the form of it that names buckets. */
import { type Address, parseAddress } from './address.ts'
import { keyOf } from './address-key.ts'

/** Who a request counts for. */
export interface Client {
  readonly address: Address
  /** IPv4 in full, IPv6 by network. */
  readonly key: string
}

/** Reads a client from the text of an address, with IPv6 counted by its leading bits; `null` where it is none. */
export function parseClient(text: string, ipv6Prefix: number): Client | null {
  const address = parseAddress(text)
  return address === null ? null : { address, key: keyOf(address, ipv6Prefix) }
}
