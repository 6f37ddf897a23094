/**
 * Finds the client in `X-Forwarded-For`, where every proxy appends the address it was called from.
 *
 * Read from the right, an entry is as good as the proxy that wrote it: as long as entries are trusted proxies the next one may be
 * believed, and the first that is not is the client. What stands further left is the client's own writing. RFC 7239 `Forwarded` is
 * not read: of two headers that say the same, one is the one a proxy forgets to overwrite.
 */
import { type Address, parseAddress } from './address.ts'
import { type CidrList, matchesAny } from './cidr.ts'

/** Entries beyond these, empty ones included, are not read: no honest chain is longer. */
export const longestChain = 32

/**
 * The nearest address that no trusted proxy holds. Where every entry is trusted, where one cannot be read and where the chain is too
 * long, it is the last trusted proxy that was read: many clients then share its bucket, and nobody can mint a new one.
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
