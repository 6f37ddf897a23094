/** The option `trust`: which proxies are believed, and how the client is read from what they write. Parsed once at start-up. */
import { checkOptions, SLUICE_OPTION_TYPE, warnOnce } from '@sluice/core/internal'
import { SLUICE_CIDR, SLUICE_TRUST_EVERYONE, SLUICE_TRUST_HEADER_LIST, SluiceError } from '../errors.ts'
import { type AddressRange, type CidrList, cidrList, coversEveryone, isEmpty, parseCidr } from './cidr.ts'

/**
 * Proxies that are believed: addresses, CIDR ranges, and four words.
 *
 * - `'loopback'`: `127.0.0.0/8` and `::1`
 * - `'link-local'`: `169.254.0.0/16` and `fe80::/10`
 * - `'private'`: `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16` and `fc00::/7`
 * - `'unix'`: a connection that never has an address, such as a Unix socket, or the load balancer in front of an AWS Lambda
 *
 * One word or range needs no list: `'loopback'` is `['loopback']`.
 */
export type TrustedProxies = string | readonly string[]

/** Trust by the number of proxies: for proxies whose addresses change. */
export interface TrustHops {
  /**
   * Proxies between the client and the server, from 1 to 32. The client is the entry of `X-Forwarded-For` at this place from the right:
   * with `hops: 2` and `198.51.100.1, 192.0.2.7, 10.0.0.7` it is 192.0.2.7.
   */
  readonly hops: number
  /** The proxies that connect to this server. The header of any other peer is ignored. */
  readonly from: TrustedProxies
}

/** Trust in a header that the proxies overwrite with one address. */
export interface TrustHeader {
  /** Its name in any case, such as `'cf-connecting-ip'`. `X-Forwarded-For` and `Forwarded` are lists, and refused. */
  readonly header: string
  /** The proxies that connect to this server. The header of any other peer is ignored. */
  readonly from: TrustedProxies
}

/** What `trust` takes. A list of proxies believes their `X-Forwarded-For` for as long as its entries are proxies of the list. */
export type Trust = TrustedProxies | TrustHops | TrustHeader

/** A parsed `trust`. */
export interface TrustPolicy {
  readonly proxies: CidrList
  /** Whether a connection that never has an address is a trusted proxy. */
  readonly unix: boolean
  /** The header that is read, in lower case. */
  readonly header: string
  /** Which entry of the header is the client. */
  readonly client: 'nearestStranger' | 'onlyEntry' | number
}

/** Entries of a forwarding header beyond these are not read: no honest chain is longer. */
export const longestChain = 32

const presets: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1'],
  'link-local': ['169.254.0.0/16', 'fe80::/10'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
  unix: [],
}

/**
 * Parses `trust`, and warns with `SLUICE_TRUST_EVERYONE` if it covers every address.
 * @throws SluiceError for a wrong value, with its place and the fix
 */
export function parseTrust(trust: unknown): TrustPolicy {
  if (trust === undefined) return { ...parseProxies('trust', []), header: 'x-forwarded-for', client: 'nearestStranger' }
  if (typeof trust === 'string' || Array.isArray(trust))
    return { ...parseProxies('trust', trust), header: 'x-forwarded-for', client: 'nearestStranger' }
  if (typeof trust !== 'object' || trust === null)
    throw wrong('trust', "a list of proxies such as ['10.0.0.0/8'], { hops, from } or { header, from }", trust)
  checkOptions(trust, 'trust', ['hops', 'header', 'from'])
  const { hops, header, from } = trust as Partial<TrustHops & TrustHeader>
  if ((hops === undefined) === (header === undefined)) throw wrong('trust', '{ hops, from } or { header, from }', trust)
  if (from === undefined || from === null || from.length === 0)
    throw wrong('trust.from', "the proxies that connect to this server, or 'unix'", from)
  const proxies = parseProxies('trust.from', from)
  if (header !== undefined) return { ...proxies, header: headerName(header), client: 'onlyEntry' }
  if (!Number.isInteger(hops) || hops! < 1 || hops! > longestChain)
    throw wrong('trust.hops', `a whole number from 1 to ${longestChain}`, hops)
  return { ...proxies, header: 'x-forwarded-for', client: hops! }
}

/** Whether any proxy is trusted. */
export function trustsAnyone({ proxies, unix }: TrustPolicy): boolean {
  return unix || !isEmpty(proxies)
}

function parseProxies(option: string, from: unknown): Pick<TrustPolicy, 'proxies' | 'unix'> {
  const values = typeof from === 'string' ? [from] : from
  if (!Array.isArray(values)) throw wrong(option, "a list of proxies such as ['10.0.0.0/8'], or a word such as 'loopback'", from)
  // A copy has `undefined` where a list has holes, and each is looked at.
  const ranges = [...(values as readonly unknown[])].flatMap((value, i) => rangesOf(`${option}[${i}]`, value))
  const proxies = cidrList(ranges)
  if (coversEveryone(proxies)) warnOnce(SLUICE_TRUST_EVERYONE, { option, value: from })
  return { proxies, unix: values.includes('unix') }
}

function rangesOf(option: string, value: unknown): readonly AddressRange[] {
  if (typeof value !== 'string' || !/^[a-z-]+$/i.test(value)) return [parseCidr(option, value)]
  if (Object.hasOwn(presets, value)) return presets[value]!.map((range) => parseCidr(option, range))
  throw new SluiceError(SLUICE_CIDR, { option, value, why: `the only words are ${Object.keys(presets).join(', ')}` })
}

function headerName(header: unknown): string {
  if (typeof header !== 'string' || !/^[!#$%&'*+.^_`|~\w-]+$/.test(header)) throw wrong('trust.header', 'the name of a header', header)
  const name = header.toLowerCase()
  if (name === 'x-forwarded-for' || name === 'forwarded') throw new SluiceError(SLUICE_TRUST_HEADER_LIST, { value: header })
  return name
}

function wrong(option: string, wanted: string, value: unknown): SluiceError {
  return new SluiceError(SLUICE_OPTION_TYPE, { option, wanted, value })
}
