/** The form of an address that names a bucket: all that one subscriber can choose freely is one client. */
import { wholeNumber } from '@sluice/core'
import type { Address } from './address.ts'
import { addressText } from './address-text.ts'
import { firstOf } from './network.ts'

/**
 * A household is given a /56 or a /48, rarely less than a /64. With /64, a home with a /56 has 256 buckets; with /48, strangers may
 * share one.
 */
const defaultIpv6Prefix = 56

/** IPv4 as it is (`192.0.2.7`), IPv6 as its network (`2001:db8:0:1200::/56`). */
export function addressKey(address: Address, ipv6Prefix: number = defaultIpv6Prefix): string {
  const { family, words } = address
  if (family === 4) return addressText(address)
  // Behind a NAT64 gateway all of IPv4 arrives inside 64:ff9b::/96 (RFC 6052), and a prefix would make it one client.
  if (words[0] === 0x64ff9b && words[1] === 0 && words[2] === 0) return addressText({ family: 4, words: [words[3]!] })
  return `${addressText({ family: 6, words: firstOf(words, ipv6Prefix) })}/${ipv6Prefix}`
}

/** Checks the `ipv6Prefix` option. Below 32 whole providers would share a bucket. */
export function checkIpv6Prefix(value: unknown): number {
  return value === undefined ? defaultIpv6Prefix : wholeNumber(value, 'ipv6Prefix', 32, 128)
}
