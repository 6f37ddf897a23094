/** The options of a guard, checked once. */
import { SluiceError, type Store } from '@sluice/core'
import { checkOptions, type FunctionTime, functionTime, oneOf, optionalOf, warnOnce } from '@sluice/core/internal'
import { parseAddress } from '../address/address.ts'
import { checkIpv6Prefix, keyOf } from '../address/address-key.ts'
import { addressText } from '../address/address-text.ts'
import { type CidrList, coversEveryone, isEmpty, parseCidrs } from '../address/cidr.ts'
import { type Client, parseClient } from '../address/client.ts'
import { clientAddress, type TrustWarning } from '../address/client-address.ts'
import { type HeaderPlan, planHeaders } from '../headers/header-presets.ts'
import type { Framework } from '../http-facts.ts'
import type { HttpOptions } from '../http-limit.ts'
import { remember } from '../remember.ts'
import { checkBound } from './bind.ts'

/** What of the options concerns every request of a guard. */
export interface Settings {
  readonly headers: HeaderPlan
  readonly allowList: CidrList
  readonly denyList: CidrList
  /** Whether any address is on the deny list, so that every request is checked, limits or not. */
  readonly screens: boolean
  readonly preflight: 'cancel' | 'count' | 'skip'
  /** Whether the deny list or the allow list has an entry. */
  readonly hasLists: boolean
  /** Leading bits by which IPv6 addresses are counted. */
  readonly ipv6Prefix: number
  readonly onFault: 'throw' | 'allow' | 'deny'
  /** The time that functions of the application have. */
  readonly time: FunctionTime
  /** Whose address a request counts for; says once if the trust is probably misconfigured. */
  clientOf<Q>(framework: Framework<Q>, request: Q): Client | null
}

/** Names of the options that every adapter takes. */
export const optionNames: readonly string[] = [
  'store',
  'trust',
  'ipv6Prefix',
  'allowList',
  'denyList',
  'headers',
  'message',
  'body',
  'preflight',
  'onFault',
  'functionTimeout',
  'observe',
]

/** Names of the options that a route takes as well. */
export const routeOptionNames: readonly string[] = ['limits', 'limiter', 'cost', 'settle', 'inherit', 'when']

/**
 * Checks the options of a guard.
 * @param own - names of the functions that the adapter takes besides
 * @throws SluiceError for every wrong option, with its name, its value and the mend
 */
export function settingsOf<R, L>(options: HttpOptions<R, L>, own: readonly string[]): Settings {
  checkOptions(options, 'sluice', [...optionNames, ...routeOptionNames, ...own])
  checkEither(options.message, 'message', 'string', 'a text or a function')
  optionalOf(options.body, 'body', 'function')
  optionalOf(options.observe, 'observe', 'function')
  for (const name of own) optionalOf((options as Readonly<Record<string, unknown>>)[name], name, 'function')
  if (options.store !== undefined && typeof (options.store as Partial<Store> | null)?.decide !== 'function') {
    throw new SluiceError('SLUICE_OPTION_TYPE', { option: 'store', wanted: 'a store, such as memoryStore()', value: options.store })
  }
  const trust = parseCidrs('trust', options.trust)
  if (coversEveryone(trust)) warnOnce('SLUICE_TRUST_EVERYONE', { option: 'trust', value: options.trust })
  const preflight = options.preflight === undefined ? 'cancel' : oneOf(options.preflight, 'preflight', ['cancel', 'count', 'skip'])
  const denyList = parseCidrs('denyList', options.denyList)
  const allowList = parseCidrs('allowList', options.allowList)
  const ipv6Prefix = checkIpv6Prefix(options.ipv6Prefix)
  return {
    headers: planHeaders(options.headers, Date.now),
    allowList,
    denyList,
    screens: !isEmpty(denyList),
    preflight,
    hasLists: !isEmpty(denyList) || !isEmpty(allowList),
    ipv6Prefix,
    onFault: options.onFault === undefined ? 'throw' : oneOf(options.onFault, 'onFault', ['throw', 'allow', 'deny']),
    time: functionTime(options.functionTimeout),
    clientOf: clientReader(trust, ipv6Prefix),
  }
}

/** Requests of a guard that are all looked at for a forwarding header that nobody is trusted to write; later one of so many is. */
const firstLooks = 256
const betweenLooks = 64
/** Addresses of sockets that are remembered at once; each takes some two hundred bytes. */
const mostSockets = 1024

function clientReader(trust: CidrList, ipv6Prefix: number): Settings['clientOf'] {
  // Connections are kept open, and each of their requests says the same again.
  const clientAt = remember(mostSockets, (text: string) => parseClient(text, ipv6Prefix))
  // Once a guard and code: strangers choose the addresses that the text would show.
  const warned = new Set<TrustWarning>()
  let asked = 0
  // Where nobody is trusted the header matters for the warning alone, and to read it takes some frameworks a microsecond or more. A
  // proxy that forwards writes it into every request, so that a few looks find it.
  const looksAtHeader = (): boolean =>
    !isEmpty(trust) || (!warned.has('SLUICE_TRUST_MISSING') && (++asked <= firstLooks || asked % betweenLooks === 0))
  return (framework, request) => {
    const remoteAddress = framework.remoteAddress(request)
    if (isEmpty(trust)) {
      // What a framework vouches for is not validated: an entry that is no address must not become a bucket.
      const addresses = framework.vouchedFor(request)
      const vouched = addresses.length === 0 ? undefined : addresses.findLast(isAddress)
      if (vouched !== undefined) return parseClient(vouched, ipv6Prefix)
    }
    const forwardedFor = looksAtHeader() ? framework.header(request, 'x-forwarded-for') : undefined
    if (forwardedFor === undefined) return remoteAddress === undefined ? null : clientAt(remoteAddress)
    const { address, warning } = clientAddress({ remoteAddress, forwardedFor }, trust)
    if (warning !== null && !warned.has(warning)) {
      warned.add(warning)
      warnOnce(warning, { peer: peerText(remoteAddress) })
    }
    return address === null ? null : { address, key: keyOf(address, ipv6Prefix) }
  }
}

/** A peer in the form that lists have, whatever its socket calls it. */
function peerText(remoteAddress: string | undefined): string | undefined {
  const peer = remoteAddress === undefined ? null : parseAddress(remoteAddress)
  return peer === null ? remoteAddress : addressText(peer)
}

function isAddress(text: string | undefined): boolean {
  return text !== undefined && parseAddress(text) !== null
}

/** Checks what a route says. @throws SluiceError for an unknown name or a wrong type */
export function checkRoute(route: unknown, what: string, own: readonly string[] = []): void {
  checkOptions(route, what, [...routeOptionNames, ...own])
  const { limits, limiter, cost, settle, inherit, when } = route as { readonly limits?: readonly unknown[] } & Record<string, unknown>
  if (limits !== undefined && !Array.isArray(limits))
    throw new SluiceError('SLUICE_OPTION_TYPE', { option: `${what}.limits`, wanted: 'a list of limits', value: limits })
  for (const [i, limit] of (limits ?? []).entries()) {
    if (typeof limit !== 'object' || limit === null)
      throw new SluiceError('SLUICE_OPTION_TYPE', { option: `${what}.limits[${i}]`, wanted: 'a limit', value: limit })
  }
  if (typeof cost !== 'object' || cost === null) checkEither(cost, `${what}.cost`, 'number', 'units, units by limit name, or a function')
  if (typeof cost === 'number' && (!Number.isSafeInteger(cost) || cost < 0))
    throw new SluiceError('SLUICE_COST', { name: what, value: cost })
  checkBound(limiter, `${what}.limiter`)
  optionalOf(settle, `${what}.settle`, 'function')
  optionalOf(inherit, `${what}.inherit`, 'boolean')
  optionalOf(when, `${what}.when`, 'function')
}

/** For what may be said outright, or by a function of the request. */
function checkEither(value: unknown, option: string, type: 'number' | 'string', wanted: string): void {
  if (value !== undefined && typeof value !== type && typeof value !== 'function')
    throw new SluiceError('SLUICE_OPTION_TYPE', { option, wanted, value })
}
