/** A limit under HTTP as the core decides it: its subject is one request. */
import type { Limit, LimitBase, ListedKey, MaybePromise } from '@sluice/core'
import { type CallWithRequest, checkOptions, checkRule, isPromise, oneOf, optionalOf, standsFor, warnOnce } from '@sluice/core/internal'
import { parseBareAddress } from '../address/address.ts'
import { keyOfText } from '../address/address-key.ts'
import { SLUICE_HOOK, SLUICE_KEY_IPV6, SluiceError } from '../errors.ts'
import type { HttpFacts } from '../http-facts.ts'
import { checkStatus, type HttpLimit, isFailuresOnly } from '../http-limit.ts'
import { slowLimitOf } from './slow-limit.ts'

/** What limits under HTTP are decided for: one request. */
export interface HttpSubject<R> {
  readonly request: R
  readonly http: HttpFacts
}

/** A request as its stages know it: the subject of its limits, with the answers of functions that are called once for each request. */
export interface StageSubject<R> extends HttpSubject<R>, Partial<CallWithRequest> {
  /** The answer of a function. `ask` calls it the first time, however many stages want to know. */
  once<T extends NonNullable<unknown> | null>(fn: object, ask: () => MaybePromise<T>): MaybePromise<T>
}

type RequestFunction<R> = (request: R, http: HttpFacts) => never

const made = new WeakMap<object, Limit<never>>()
const httpNames = ['settle', 'slowDown', 'status', 'hook', 'order']
const coreNames: readonly (keyof LimitBase<never, 'async'>)[] = [
  'name',
  'shadow',
  'disclose',
  'hashKey',
  'onOutage',
  'nearAt',
  'initial',
  'debit',
  'ban',
]

/**
 * The core's form of a limit; the same object each time, so that one limit on many routes is one definition.
 * @throws SluiceError for wrong options that only HTTP has; the core checks the others
 */
export function coreLimit<R>(limit: HttpLimit<R>): Limit<HttpSubject<R>> {
  const known = made.get(limit)
  if (known !== undefined) return known
  checkOptions(limit, 'limit', [...coreNames, 'by', 'rule', 'cost', 'when', ...httpNames])
  for (const name of ['settle', 'by', 'when'] as const) optionalOf(limit[name], `${limit.name}.${name}`, 'function')
  checkRule(limit.rule, limit.name)
  if (limit.status !== undefined) checkStatus(limit.status, `${limit.name}.status`)
  slowLimitOf(limit)
  const core = {
    ...Object.fromEntries(coreNames.filter((name) => limit[name] !== undefined).map((name) => [name, limit[name]])),
    by: limit.by === undefined ? byAddress : watchedKey(limit.name, limit.by as RequestFunction<R>),
    rule: typeof limit.rule === 'function' ? ofSubject(limit.rule as RequestFunction<R>) : limit.rule,
    cost: typeof limit.cost === 'function' ? ofSubject(limit.cost as RequestFunction<R>) : limit.cost,
    when: limit.when === undefined ? undefined : ofSubject(limit.when as RequestFunction<R>),
  } as unknown as Limit<HttpSubject<R>>
  made.set(limit, core)
  return core
}

function byAddress({ http }: HttpSubject<unknown>): string {
  return http.address
}

/** A function of the application as the core calls it. Definitions are compared by its own function, not by ours. */
function ofSubject<R>(fn: RequestFunction<R>): (subject: HttpSubject<R>) => never {
  return standsFor(({ request, http }: HttpSubject<R>): never => fn(request, http), fn)
}

/** The `by` of an application, whose keys are watched for bare IPv6 addresses. */
function watchedKey<R>(name: string, by: RequestFunction<R>): (subject: HttpSubject<R>) => never {
  const watch = bareIpv6Watch(name)
  const called = ({ request, http }: HttpSubject<R>): never => {
    const key = by(request, http) as unknown
    if (isPromise(key)) return watchLater(key, watch) as never
    watch(key)
    return key as never
  }
  return standsFor(called, by)
}

/** The request waits no turn longer for this. A thenable is made a promise first, since a query runs at each `then`. */
function watchLater(key: PromiseLike<unknown>, watch: (key: unknown) => void): Promise<unknown> {
  const promise = Promise.resolve(key)
  promise.then(watch, ignore)
  return promise
}

function ignore(): void {
  // The limiter makes a fault of it.
}

/** The longest IPv6 notation, and a zone behind it. */
const longestAddress = 64

/**
 * Checks the keys of one limit, until one is a bare IPv6 address; then warns once, with `SLUICE_KEY_IPV6`. A household then has one
 * budget for each of its 2^64 addresses or more.
 *
 * Every key is checked, since the first IPv6 client may come late. Only a short text with two colons is parsed: for all other keys
 * that is a search of at most 64 characters (`bench/request-path.ts` measures it). A mapped address (`::ffff:192.0.2.7`) warns too: it
 * comes from a dual-stack socket, where IPv6 clients come as well.
 */
export function bareIpv6Watch(name: string): (key: unknown) => void {
  let warned = false
  return (key) => {
    if (warned || !(typeof key === 'string' ? isBareIpv6(key) : Array.isArray(key) && key.some(isBareIpv6))) return
    warned = true
    warnOnce(SLUICE_KEY_IPV6, { name })
  }
}

function isBareIpv6(part: unknown): boolean {
  if (typeof part !== 'string' || part.length > longestAddress) return false
  const first = part.indexOf(':')
  // The key of an IPv6 client ends in its prefix, and is what `by` should return.
  if (first === -1 || part.indexOf(':', first + 1) === -1 || part.includes('/')) return false
  return parseBareAddress(part) !== null
}

/**
 * The key that an operator means. For a limit without `by` it is the key of a client, from its address in any notation:
 * `block('ip', request.ip)` blocks that client, whatever the framework calls it. A limit with a `by` takes what its `by` returns.
 * @throws SluiceError `SLUICE_ADDRESS_KEY` for what is not the address of one client: no request has such a key
 */
export function operatorKey<R>({ by }: HttpLimit<R>, key: ListedKey, ipv6Prefix: number): ListedKey {
  if (by !== undefined) return key
  // A list of one part is that part.
  return keyOfText(Array.isArray(key) && key.length === 1 ? key[0] : key, ipv6Prefix)
}

/** A limit that may say when it is decided. */
type Timed<R> = HttpLimit<R> & { readonly hook?: unknown; readonly order?: unknown }

/** For adapters that decide all limits where the guard stands. @throws SluiceError `SLUICE_HOOK` for a limit that names another place */
export function refuseHooks<R>(limits: readonly Timed<R>[]): void {
  for (const { name, hook, order } of limits) {
    if (hook !== undefined) throw new SluiceError(SLUICE_HOOK, { name, option: 'hook', value: hook })
    if (order !== undefined) throw new SluiceError(SLUICE_HOOK, { name, option: 'order', value: order })
  }
}

/** The hooks of a framework in which a limit can be decided, in their order. */
const hooks = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const
const orders = ['first', 'last'] as const

/** When a limit is decided: in a hook, before or after the functions that the application has there. */
export type Step = `${(typeof hooks)[number]} ${(typeof orders)[number]}`

/**
 * When a limit is decided: as early as possible where the address is enough, and after authentication where it is not. A limit that counts
 * failures alone comes before the functions that may fail, and has the body. A share stays beside its parent.
 * @throws SluiceError `SLUICE_CHOICE`
 * @example
 * ```ts
 * stepOf({ name: 'ip', rule }) // 'onRequest first'
 * stepOf({ name: 'user', by: (request) => request.user.id, rule }) // 'preHandler last'
 * ```
 */
export function stepOf<R>(limit: Timed<R>): Step {
  const hook = limit.hook === undefined ? usualHook(limit) : oneOf(limit.hook, `${limit.name}.hook`, hooks)
  const order = limit.order === undefined ? undefined : oneOf(limit.order, `${limit.name}.order`, orders)
  return `${hook} ${order ?? (hook === 'preHandler' ? 'last' : 'first')}`
}

function usualHook<R>({ by, settle }: HttpLimit<R>): (typeof hooks)[number] {
  if (by === undefined) return 'onRequest'
  return isFailuresOnly(settle) ? 'preValidation' : 'preHandler'
}
