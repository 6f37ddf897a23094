/** The form of an address that names a bucket: all addresses that one subscriber can choose freely are one client. */

import { checkOptions, wholeNumber } from '@sluice/core/internal'
import { SLUICE_ADDRESS_KEY, SluiceError } from '../errors.ts'
import { type Address, addressText, parseAddress } from './address.ts'
import { type AddressRange, firstOf, parseCidr } from './cidr.ts'

/**
 * A household is given a /56 or a /48, rarely less than a /64. With /64, a home with a /56 has 256 buckets; with /48, strangers may
 * share one.
 */
const defaultIpv6Prefix = 56

/** What {@link addressKey} takes beside the text. */
export interface AddressKeyOptions {
  /** Leading bits by which IPv6 addresses are counted, 32 to 128: the guard's own `ipv6Prefix`, if it has one. @default 56 */
  readonly ipv6Prefix?: number | undefined
}

/**
 * The key under which guards count a client, from its address in any notation. `http.address` is the same key.
 *
 * `addressKey('2001:DB8::1')` is `2001:db8::/56`. `addressKey('::ffff:1.2.3.4')`, `addressKey('64:ff9b::102:304')` and
 * `addressKey('1.2.3.4:443')` are `1.2.3.4`. A key is its own key.
 *
 * @param text - An address, with or without brackets, port and zone; or a network whose addresses share one key.
 * @throws SluiceError `SLUICE_ADDRESS_KEY` for every other text and for `undefined`, `SLUICE_WHOLE_NUMBER` for a wrong `ipv6Prefix`
 * @example
 * ```ts
 * const limit = { name: 'client', by: (request, http) => request.user?.id ?? addressKey(request.ip), rule }
 * ```
 */
export function addressKey(text: string | undefined, options?: AddressKeyOptions): string {
  // A call for each request, so that the usual one checks no options.
  if (options === undefined) return keyOfText(text, defaultIpv6Prefix)
  checkOptions(options, 'addressKey', ['ipv6Prefix'])
  return keyOfText(text, checkIpv6Prefix(options.ipv6Prefix))
}

/** {@link addressKey} with a checked prefix. @throws SluiceError `SLUICE_ADDRESS_KEY` */
export function keyOfText(text: unknown, ipv6Prefix: number): string {
  const fail = (cause?: unknown): SluiceError => new SluiceError(SLUICE_ADDRESS_KEY, { value: text, ipv6Prefix }, { cause })
  if (typeof text !== 'string') throw fail()
  const address = parseAddress(text)
  if (address !== null) return keyOf(address, ipv6Prefix)
  let range: AddressRange
  try {
    range = parseCidr('addressKey', text)
  } catch (cause) {
    throw fail(cause)
  }
  const key = keyOf({ family: range.family, words: range.first }, ipv6Prefix)
  if (key !== keyOf({ family: range.family, words: range.last }, ipv6Prefix)) throw fail()
  return key
}

/** IPv4 in full (`192.0.2.7`), IPv6 as its network (`2001:db8:0:1200::/56`). */
export function keyOf(address: Address, ipv6Prefix: number = defaultIpv6Prefix): string {
  const { family, words } = address
  return family === 4 ? addressText(address) : `${addressText({ family, words: firstOf(words, ipv6Prefix) })}/${ipv6Prefix}`
}

/** Checks the `ipv6Prefix` option. Below 32 whole providers would share a bucket. */
export function checkIpv6Prefix(value: unknown): number {
  return value === undefined ? defaultIpv6Prefix : wholeNumber(value, 'ipv6Prefix', 32, 128)
}
