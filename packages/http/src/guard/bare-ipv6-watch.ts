/** Warns of a limit whose `by` returns a bare IPv6 address: a household then has one budget for each of its 2^64 addresses or more. */
import { warnOnce } from '@sluice/core/internal'
import { parseBareAddress } from '../address/address.ts'

/** The longest IPv6 notation, and a zone behind it. */
const longestAddress = 64

/**
 * Looks at the keys of one limit, until one is a bare IPv6 address; then warns once, with `SLUICE_KEY_IPV6`.
 *
 * Every key is looked at, since the first IPv6 client may come late. Only a short text with two colons is parsed: for all other keys
 * that is a search of at most 64 characters (`bench/request-path.ts` measures it). A mapped address (`::ffff:192.0.2.7`) warns too: it
 * comes from a dual-stack socket, where IPv6 clients come as well.
 */
export function bareIpv6Watch(name: string): (key: unknown) => void {
  let warned = false
  return (key) => {
    if (warned || !(typeof key === 'string' ? isBareIpv6(key) : Array.isArray(key) && key.some(isBareIpv6))) return
    warned = true
    warnOnce('SLUICE_KEY_IPV6', { name })
  }
}

function isBareIpv6(part: unknown): boolean {
  if (typeof part !== 'string' || part.length > longestAddress) return false
  const first = part.indexOf(':')
  // The key of an IPv6 client ends in its prefix, and is what `by` should return.
  if (first === -1 || part.indexOf(':', first + 1) === -1 || part.includes('/')) return false
  return parseBareAddress(part) !== null
}
