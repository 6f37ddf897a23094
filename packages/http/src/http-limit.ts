/** Limits under HTTP, as an application writes them: for a guard, for a route, and for a limiter of its own. */
import type {
  Answer,
  Cost,
  Decision,
  Duration,
  Fn,
  Key,
  LimitBase,
  Limiter,
  LimiterEvent,
  MaybePromise,
  Refused,
  Store,
  skip,
} from '@sluice/core'
import { checkVersion, SLUICE_OPTION_TYPE, storeOf } from '@sluice/core/internal'
import type { Trust } from './address/trust.ts'
import { SLUICE_BOUND, SLUICE_STATUS, SLUICE_UNCALLED, SluiceError } from './errors.ts'
import type { HeaderOptions } from './headers/header-presets.ts'
import type { HttpFacts } from './http-facts.ts'

/** What is known when the response has ended. */
export interface ResponseFacts {
  /** The status that the client got; 101 for a connection that was upgraded, such as to a WebSocket, and 0 where it got none. */
  readonly status: number
  /**
   * Whether the client did not get the whole response. A stream of events is aborted where the client closes it, or where an error of the
   * server breaks it off; one that the server ends is not. A WebSocket ends with its connection: it is aborted where that broke.
   */
  readonly aborted: boolean
  /** A response header. @param name - in any case */
  header(name: string): string | undefined
}

/**
 * Truth after the response: units finally charged; `undefined` keeps the estimate, `0` gives it back. `U` is `number` for one limit, and
 * `Cost` for all limits of a route.
 */
export type Settle<R, U = number> = Fn<[response: ResponseFacts, request: R, http: HttpFacts], MaybePromise<U | undefined>>

/**
 * A `settle` that charges one unit for a response of 400 or above, and for one that the client did not wait for. Successes are free.
 * @example
 * ```ts
 * const perAccount = { name: 'account', by: (request) => request.params.account, rule, settle: failuresOnly }
 * ```
 */
export const failuresOnly: (response: ResponseFacts) => number = /* @__PURE__ */ Object.defineProperty(
  function failuresOnly({ status, aborted }: ResponseFacts): number {
    return status >= 400 || aborted ? 1 : 0
  },
  Symbol.for('sluice.failures-only'),
  { value: true },
)

/** Whether a `settle` is {@link failuresOnly}, of this copy of the package or of another one. */
export function isFailuresOnly(settle: object | undefined): boolean {
  return settle !== undefined && Symbol.for('sluice.failures-only') in settle
}

/**
 * The status of a refusal, from 400 to 599. 429: this caller has used too much. 503: the service cannot serve anybody more at the moment.
 *
 * 401, 405, 407 and 426 are errors, since they need a header that a refusal has not. So are 408, 421 and 425, which clients repeat at once.
 */
export type RefusalStatus = number

const unfit: readonly number[] = [401, 405, 407, 408, 421, 425, 426]

/** The status itself. @throws SluiceError `SLUICE_STATUS` */
export function checkStatus(value: unknown, option: string): RefusalStatus {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 400 && value <= 599 && !unfit.includes(value)) return value
  throw new SluiceError(SLUICE_STATUS, { option, value })
}

/** From when on, and for how long, the requests of a limit wait before they go on to their handler. */
export interface SlowDown<R = unknown> {
  /** Units that may be used before a request waits, from 0 to below the capacity. With 10, the eleventh request of cost 1 is the first to wait. */
  readonly after: number
  /**
   * The wait for each unit above `after`, from 1 ms to 10 minutes. With 10 and `'500ms'`, the eleventh request waits for 500 ms and the
   * twelfth for 1 s, so that requests at once go on one after the other. A function gets the used units, those of the request included,
   * and answers the whole wait: milliseconds or a duration, 0 for none.
   */
  readonly delay: Duration | Fn<[used: number, request: R, http: HttpFacts], MaybePromise<Duration>>
  /** The longest wait, from 1 ms to 10 minutes. @default '30s' */
  readonly max?: Duration | undefined
}

/** A limit under HTTP. `HttpLimit<unknown>` fits every adapter. */
export interface HttpLimit<R = unknown> extends LimitBase<[request: R, http: HttpFacts], 'async'> {
  /**
   * What is counted apart, or `skip` where the limit does not apply. `null` and `undefined` are faults: a client could send them. For an address from elsewhere than `http.address`, return `addressKey(text)`: a bare IPv6 address draws the
   * warning `SLUICE_KEY_IPV6`. @default the client's address
   */
  readonly by?: Fn<[request: R, http: HttpFacts], Answer<Key | typeof skip | null, 'async'>> | undefined
  /** Units finally charged, known from the response. */
  readonly settle?: Settle<R> | undefined
  /**
   * Delays requests above `after` units, in place of refusing them at once. Above its capacity the limit refuses. With a capacity of 100
   * and `{ after: 10, delay: '500ms' }` the 12th request waits for one second. @default no request waits
   */
  readonly slowDown?: SlowDown<R> | undefined
  /** The status of a refusal by this limit. @default the `status` of the guard, which is 429 by default */
  readonly status?: RefusalStatus | undefined
}

/** A limiter of any subject, bound to a framework's request. Made by each adapter's `bind`. */
export interface Bound<R> {
  readonly limiter: Limiter<never>
  readonly subject: Fn<[request: R, http: HttpFacts], unknown>
}

/** Binds a limiter of domain subjects to a framework's request; the subject `skip` means that it does not apply, and `null` is a fault. */
export type Bind<R> = <C>(limiter: Limiter<C>, subject: (request: R, http: HttpFacts) => MaybePromise<C | typeof skip | null>) => Bound<R>

/** What `bind` makes has this mark, in every copy of this package. */
const boundMark: unique symbol = Symbol.for('sluice.bound')

/**
 * Binds a limiter to requests.
 * @throws SluiceError `SLUICE_OPTION_TYPE` unless it is given a limiter and a function, `SLUICE_VERSIONS` for a limiter of another version
 * @example
 * ```ts
 * const jobs = createLimiter<string>({ limits: [{ name: 'jobs', by: (id) => id, rule: tokenBucket({ capacity: 10, per: '1m' }) }] })
 * const route = { limiter: bind(jobs, (request) => request.params.id) }
 * ```
 */
export function bind<R>(...[limiter, subject]: Parameters<Bind<R>>): Bound<R> {
  if (typeof limiter !== 'object' || limiter === null || storeOf(limiter) === undefined) {
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'bind(limiter)', wanted: 'what createLimiter() made', value: limiter })
  }
  if (typeof subject !== 'function')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'bind(…, subject)', wanted: 'a function of the request', value: subject })
  checkVersion(limiter, 'bind(limiter)')
  return Object.freeze(Object.defineProperty({ limiter, subject }, boundMark, { value: true }))
}

/** @throws SluiceError `SLUICE_BOUND` unless `bind` made it */
export function checkBound(bound: unknown, option: string): void {
  if (bound !== undefined && (typeof bound !== 'object' || bound === null || !(boundMark in bound)))
    throw new SluiceError(SLUICE_BOUND, { option })
}

/**
 * Refuses a call by a framework that was given the function which makes a guard, in place of the guard.
 * @param others - what was passed after the options
 * @param example - the right call
 * @throws SluiceError `SLUICE_UNCALLED`
 * @example
 * ```ts
 * const sluice = (options, ...others) => {
 *   checkCalled(others, 'sluice', 'app.use(sluice({ limits }))')
 *   return middlewareOf(options)
 * }
 * ```
 */
export function checkCalled(others: readonly unknown[], name: string, example: string): void {
  if (others.length > 0) throw new SluiceError(SLUICE_UNCALLED, { function: name, what: example })
}

/** The options of one route. */
export interface RouteOptions<R, L = HttpLimit<R>> {
  /** Limits in addition to the outer ones. */
  readonly limits?: readonly L[] | undefined
  /** A limiter of domain subjects, decided after the limits. */
  readonly limiter?: Bound<R> | undefined
  /** Units a request takes of every limit without a cost of its own, or units by limit name. @default 1 */
  readonly cost?: Cost | Fn<[request: R, http: HttpFacts], MaybePromise<Cost>> | undefined
  /**
   * Units finally charged, for limits without a `settle` of their own. A number is for limits without a `cost` of their own.
   * `{ tokens: 812 }` settles the limit `tokens` alone: a limit that is not named keeps its estimate. A name that is no limit of the route
   * is a fault, `SLUICE_LIMIT_UNKNOWN`, and every limit keeps its estimate. It is called once for each request.
   */
  readonly settle?: Settle<R, Cost> | undefined
  /** `false`: the outer limits do not apply here. The lists of the guard still do. @default true */
  readonly inherit?: boolean | undefined
  /** Whether this request is limited at all. The lists of the guard hold in any case. @default always */
  readonly when?: Fn<[request: R, http: HttpFacts], MaybePromise<boolean>> | undefined
}

/** The options of a guard, for all its routes. */
export interface HttpOptions<R, L = HttpLimit<R>> extends RouteOptions<R, L>, HeaderOptions {
  /** Where buckets live. @default a memory store of its own */
  readonly store?: Store | undefined
  /**
   * Proxies whose word is believed, and how. A list of addresses, ranges and words (`'loopback'`, `'link-local'`, `'private'`, `'unix'`)
   * believes their `X-Forwarded-For`. `{ hops: 2, from: ['10.0.0.0/8'] }` takes its second entry from the right, and
   * `{ header: 'cf-connecting-ip', from: ['10.0.0.0/8'] }` the address in that header. @default none
   */
  readonly trust?: Trust | undefined
  /** Leading bits by which IPv6 addresses are counted, 32 to 128. @default 56 */
  readonly ipv6Prefix?: number | undefined
  /** Addresses and CIDR ranges that are never limited, in any notation. Checked after `denyList` and before everything else. */
  readonly allowList?: readonly string[] | undefined
  /**
   * Addresses and CIDR ranges that are always refused, with 403, in any notation. Checked before everything else, on every route.
   * `::ffff:10.0.0.0/104` and `64:ff9b::10.0.0.0/104` are `10.0.0.0/8`; so `64:ff9b::/96` is every IPv4 address. A request whose address
   * is not known is a fault and does not pass, whatever `onFault` says.
   */
  readonly denyList?: readonly string[] | undefined
  /** The status of refusals by limits without a `status` of their own. @default 429 */
  readonly status?: RefusalStatus | undefined
  /** The sentence for people in a refusal, in place of ours. A function may return a promise of it. */
  readonly message?: string | Fn<[refused: Refused, request: R, http: HttpFacts], MaybePromise<string>> | undefined
  /**
   * The whole body of a refusal, in place of ours. A text is sent as `text/plain`, bytes (`Buffer`, `Uint8Array`, `ArrayBuffer`) as
   * `application/octet-stream`, and any other object as JSON. `onRefused` may name another type. A stream is a fault.
   */
  readonly body?: Fn<[refused: Refused, request: R, http: HttpFacts], MaybePromise<string | object>> | undefined
  /**
   * What a CORS preflight costs: an `OPTIONS` with `Origin` and `Access-Control-Request-Method`. `'cancel'`: it is charged like any
   * request, and the charge is cancelled when the response has ended if no handler of the application ran for it. `'count'`: the charge
   * is never cancelled. `'skip'`: it is not charged, and refused by no limit. Each adapter documents how it knows whether a handler ran.
   * @default 'cancel'
   */
  readonly preflight?: 'cancel' | 'count' | 'skip' | undefined
  /**
   * Requests that limits with `slowDown` let wait at once, from 1 to 10,000. One more is refused with 429 and `Retry-After`, and charged
   * nothing. A client that leaves frees its place. @default 100
   */
  readonly maxWaiting?: number | undefined
  /** When a function of the application fails: throw, go on without that limit, or refuse with 503. @default 'throw' */
  readonly onFault?: 'throw' | 'allow' | 'deny' | undefined
  /**
   * How long an answer of a function of the application may take: `by`, `rule`, `cost`, `when`, `settle`, `delay`, `message`, `body`,
   * `onRefused` and the subject of `bind`. One that takes longer is a fault, `SLUICE_FUNCTION_TIMEOUT`, and is ignored when it comes; a `settle` then keeps
   * the estimate. A key that is looked up in 6 s decides nothing. From 1 ms to 10 minutes. @default '5s'
   */
  readonly functionTimeout?: Duration | undefined
  /**
   * Listens to decisions, delays, settlements, calls of the store, bans, faults and outages. `event.http` of a decision has method, route, address and
   * the request itself. A listener that throws changes nothing.
   */
  readonly observe?: ((event: LimiterEvent<R>) => void) | undefined
}

/** What handlers find on a request. */
export interface RequestSluice {
  /** The latest decision on this request; `null` where no limit applied. */
  readonly decision: Decision | null
  readonly http: HttpFacts
  /** Milliseconds for which this request had to wait by `slowDown`; 0 where it had not. */
  readonly delayMs: number
  /** Replaces the estimate by the units used. */
  settle(actual: Cost): MaybePromise<void>
  /** Gives back what this request was charged. */
  refund(): MaybePromise<void>
}
