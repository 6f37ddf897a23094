/** The options of a guard, checked once. */
import type { Store } from '@sluice/core'
import {
  checkOptions,
  type FunctionTime,
  functionTime,
  oneOf,
  optionalOf,
  SLUICE_COST,
  SLUICE_LIMIT_NAME,
  SLUICE_OPTION_TYPE,
  wholeNumber,
} from '@sluice/core/internal'
import { checkIpv6Prefix } from '../address/address-key.ts'
import { type CidrList, isEmpty, parseCidrs } from '../address/cidr.ts'
import { type ClientReader, clientReader } from '../address/client-reader.ts'
import { parseTrust } from '../address/trust.ts'
import { SLUICE_CONN_INFO, SluiceError } from '../errors.ts'
import { type HeaderPlan, planHeaders } from '../headers/header-presets.ts'
import { checkBound, checkStatus, type HttpLimit, type HttpOptions, type RefusalStatus } from '../http-limit.ts'

/** The options that concern every request of a guard. */
export interface Settings {
  readonly headers: HeaderPlan
  /** The status of refusals by limits without one. */
  readonly status: RefusalStatus
  readonly allowList: CidrList
  readonly denyList: CidrList
  /** Whether any address is on the deny list, so that every request is checked, limits or not. */
  readonly screens: boolean
  readonly preflight: 'cancel' | 'count' | 'skip'
  /** Whether the deny list or the allow list has an entry. */
  readonly hasLists: boolean
  /** Leading bits by which IPv6 addresses are counted. */
  readonly ipv6Prefix: number
  /** Requests that wait at once, by limits that slow them down. */
  readonly maxWaiting: number
  readonly onFault: 'throw' | 'allow' | 'deny'
  /** The time that functions of the application have. */
  readonly time: FunctionTime
  /** The client of a request; warns once if the trust is probably misconfigured. */
  readonly clientOf: ClientReader
}

/** Names of the options that every adapter takes. */
export const optionNames: readonly string[] = [
  'store',
  'trust',
  'ipv6Prefix',
  'allowList',
  'denyList',
  'headers',
  'headersOn',
  'status',
  'message',
  'body',
  'preflight',
  'maxWaiting',
  'onFault',
  'functionTimeout',
  'observe',
]

/** Names of the options that a route takes as well. */
export const routeOptionNames: readonly string[] = ['limits', 'limiter', 'cost', 'settle', 'inherit', 'when']

/**
 * Checks the options of a guard.
 * @param own - names of the functions that the adapter takes besides
 * @throws SluiceError for every wrong option, with its name, its value and the fix
 */
export function settingsOf<R, L>(options: HttpOptions<R, L>, own: readonly string[]): Settings {
  checkOptions(options, 'sluice', [...optionNames, ...routeOptionNames, ...own])
  checkEither(options.message, 'message', 'string', 'a text or a function')
  optionalOf(options.body, 'body', 'function')
  optionalOf(options.observe, 'observe', 'function')
  for (const name of own) optionalOf((options as Readonly<Record<string, unknown>>)[name], name, 'function')
  if (options.store !== undefined && typeof (options.store as Partial<Store> | null)?.decide !== 'function') {
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'store', wanted: 'a store, such as memoryStore()', value: options.store })
  }
  const trust = parseTrust(options.trust)
  const preflight = options.preflight === undefined ? 'cancel' : oneOf(options.preflight, 'preflight', ['cancel', 'count', 'skip'])
  const denyList = parseCidrs('denyList', options.denyList)
  const allowList = parseCidrs('allowList', options.allowList)
  const ipv6Prefix = checkIpv6Prefix(options.ipv6Prefix)
  return {
    headers: planHeaders(options, Date.now),
    status: options.status === undefined ? 429 : checkStatus(options.status, 'status'),
    allowList,
    denyList,
    screens: !isEmpty(denyList),
    preflight,
    hasLists: !isEmpty(denyList) || !isEmpty(allowList),
    ipv6Prefix,
    maxWaiting: wholeNumber(options.maxWaiting ?? 100, 'maxWaiting', 1, 10_000),
    onFault: options.onFault === undefined ? 'throw' : oneOf(options.onFault, 'onFault', ['throw', 'allow', 'deny']),
    time: functionTime(options.functionTimeout),
    clientOf: clientReader(trust, ipv6Prefix),
  }
}

/** Checks the options of a route. @throws SluiceError for an unknown name or a wrong type */
export function checkRoute(route: unknown, what: string, own: readonly string[] = []): void {
  checkOptions(route, what, [...routeOptionNames, ...own])
  const { limits, limiter, cost, settle, inherit, when } = route as { readonly limits?: readonly unknown[] } & Record<string, unknown>
  if (limits !== undefined && !Array.isArray(limits))
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: `${what}.limits`, wanted: 'a list of limits', value: limits })
  for (const [i, limit] of (limits ?? []).entries()) {
    if (typeof limit !== 'object' || limit === null)
      throw new SluiceError(SLUICE_OPTION_TYPE, { option: `${what}.limits[${i}]`, wanted: 'a limit', value: limit })
    const { name } = limit as { readonly name?: unknown }
    if (typeof name !== 'string') throw new SluiceError(SLUICE_LIMIT_NAME, { value: name, option: 'name' })
  }
  if (typeof cost !== 'object' || cost === null) checkEither(cost, `${what}.cost`, 'number', 'units, units by limit name, or a function')
  if (typeof cost === 'number' && (!Number.isSafeInteger(cost) || cost < 0)) throw new SluiceError(SLUICE_COST, { name: what, value: cost })
  checkBound(limiter, `${what}.limiter`)
  optionalOf(settle, `${what}.settle`, 'function')
  optionalOf(inherit, `${what}.inherit`, 'boolean')
  optionalOf(when, `${what}.when`, 'function')
}

/** Checks an option that is a value, or a function of the request that returns one. */
function checkEither(value: unknown, option: string, type: 'number' | 'string', wanted: string): void {
  if (value !== undefined && typeof value !== type && typeof value !== 'function')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option, wanted, value })
}

/**
 * Checks a guard that cannot know the address of a connection. No limit and no list may then need it, unless a proxy without an address is
 * trusted: it says who the client is.
 * @throws SluiceError `SLUICE_CONN_INFO` for a limit that counts by the address, and for a list of addresses
 */
export function checkAddressless<R>(options: HttpOptions<R>, limits: readonly HttpLimit<R>[]): void {
  if (options.trust !== undefined && parseTrust(options.trust).unix) return
  const byAddress = limits.find((limit) => limit.by === undefined)
  if (byAddress !== undefined) throw new SluiceError(SLUICE_CONN_INFO, { what: `The limit ${byAddress.name}` })
  for (const option of ['allowList', 'denyList', 'trust'] as const)
    if (options[option] !== undefined) throw new SluiceError(SLUICE_CONN_INFO, { what: `The option ${option}` })
}
