/** The guard: what every adapter does with a request, in terms of no framework. */
import { type Admin, type LimiterEvent, type MaybePromise, SluiceError, type Store } from '@sluice/core'
import { forStrangers, SLUICE_STORE, warnOnce, withText } from '@sluice/core/internal'
import { isTimeout } from '../attempt.ts'
import { SLUICE_LIMITS_JOINED, SLUICE_UNLIMITED } from '../errors.ts'
import type { HeaderLine } from '../headers/header-line.ts'
import { httpFacts } from '../http-facts.ts'
import type { HttpOptions, RouteOptions } from '../http-limit.ts'
import { type AnswerRefused, answersRefused } from '../refusal/own-answer.ts'
import { type Refusal, refusalWriter } from '../refusal/refusal.ts'
import type { Adapter, Upload } from './adapter.ts'
import { compileRoute, emptyPlan, extendPlan, type Plan, type Route, type RouteCompiler } from './compile-route.ts'
import type { HttpSubject } from './core-limit.ts'
import { decideRequest, type RequestDecider } from './decide-request.ts'
import { decidedRequest } from './decided-request.ts'
import { type LimiterPool, limiterPool } from './limiter-pool.ts'
import { partsOfGuard } from './limits-behind.ts'
import { isAnyNew, planDecides, planMade } from './per-request.ts'
import { openContext, type RequestContext } from './request-context.ts'
import { openLedger, type Watch } from './request-ledger.ts'
import { checkAddressless, checkRoute, settingsOf } from './settings.ts'
import { slowDowns } from './slow-down.ts'
import type { Stage } from './stage.ts'

/** A guard of requests of type `R`. */
export interface Guard<R> {
  readonly store: Store
  readonly admin: Admin
  /** The route of every request whose own route has no options. */
  readonly root: Route<R>
  /**
   * A route within an outer one.
   * @param what - the place of the options, for errors
   * @throws SluiceError for wrong options, and limits that do not fit together
   */
  route(outer: Plan<R>, options: RouteOptions<R>, what: string): Route<R>
  /**
   * Opens the context of a request.
   * @param watch - how the end of the request is seen; called at most once, before anything is charged that must not outlive it.
   * Without it slots are held until their lease ends.
   * @param earlier - the context that another guard, or this one, has with the same request: the two share one ledger
   * @throws SluiceError `SLUICE_TWO_STORES` if both were given a store, and not the same
   */
  open(request: R, watch?: Watch, earlier?: RequestContext<R>): RequestContext<R>
  /** The names of all limits that its routes have so far. */
  limitNames(): readonly string[]
  /** Warns once with `SLUICE_UNLIMITED` if no route so far has a limit, and there is no deny list. */
  warnIfUnlimited(): void
  /** Whether requests are refused by their address, so that every one must be decided, even where no limit guards it. */
  readonly screens: boolean
  /**
   * Checks the deny list, then the allow list, then the conditions of the plan, then its stages in order. An adapter calls it for every
   * request, those of unguarded routes included, unless `screens` is false and there is no stage.
   * @returns the refusal, or `null` to go on
   */
  decide(context: RequestContext<R>, plan: Plan<R>, stages: readonly Stage<R>[]): MaybePromise<Refusal | null>
  /** Lets the requests that are slowed down go on at once, and all later ones: for a server that begins to close. `admin.close` does so too. */
  endDelays(): void
  /** The quota headers of a response; the same list until a limit changes. */
  quota(context: RequestContext<R>): readonly HeaderLine[]
  /** What `open` or `decide` failed with, as an error whose message strangers may read. */
  faultOf(error: unknown): SluiceError
  /**
   * The late answer of `onRefused`. If it takes too long, that is a fault: `ours` then answers, unless faults are thrown.
   * @throws SluiceError `SLUICE_FUNCTION_TIMEOUT`, and what `onRefused` rejects with
   */
  inTime<T>(answer: PromiseLike<T>, ours: () => T): Promise<T>
  /** Calls `onRefused` of a framework with callbacks. Where it gives no answer in time, the standard answer is sent, with a warning. */
  readonly answerRefused: AnswerRefused
}

/**
 * A guard from the options of an application. Adapters make one for each registration.
 * @throws SluiceError for every wrong option, before traffic
 * @example
 * ```ts
 * const guard = createGuard(options, adapter)
 * const context = guard.open(request, watch)
 * const refusal = await guard.decide(context, guard.root.plan, guard.root.late)
 * for (const [name, value] of refusal?.headers ?? guard.quota(context)) response.setHeader(name, value)
 * ```
 */
export function createGuard<R>(options: HttpOptions<R>, adapter: Adapter<R>): Guard<R> {
  const settings = settingsOf(options, adapter.options)
  const { time, onFault, ipv6Prefix, headers } = settings
  const { store, functionTimeout, observe, message, body } = options
  const pool = limiterPool<R>({ store, onFault, functionTimeout, ipv6Prefix })
  // Every decision of the pool is one of a request of this guard.
  if (observe !== undefined) pool.admin.observe(observe as (event: LimiterEvent) => void)
  const faults = faultsOf(pool, onFault)
  const { shouldContinue } = faults
  const routes = routesOf(options, { adapter, pool, onFault: faults.publish, shouldContinue, time }, settings.screens)
  const join = joinedBy(pool)
  const ownHeaders = [headers]
  const { maxWaiting } = settings
  const slowing = slowDowns<R>({ maxWaiting, time, pool, isClosing: (request) => isClosing(adapter.uploadOf?.(request)), shouldContinue })
  const admin: Admin = {
    ...pool.admin,
    close() {
      slowing.end()
      return pool.admin.close()
    },
  }
  const decider: RequestDecider<R> = {
    settings,
    slowDowns: slowing,
    handled: settings.preflight === 'cancel' ? (adapter.handled ?? null) : null,
    refusalOf: refusalWriter({ headers, time, shouldContinue, message, body }),
    shouldContinue,
  }
  const inTime: Guard<R>['inTime'] = (answer, ours) =>
    time.within(answer, { function: 'onRefused' }).catch((cause: unknown) => {
      if (!isTimeout(cause)) throw cause
      shouldContinue(cause)
      return ours()
    })
  const guard: Guard<R> = {
    store: pool.store,
    admin,
    root: routes.root,
    route: routes.compile,
    limitNames: pool.names,
    warnIfUnlimited: routes.warnIfUnlimited,
    screens: settings.screens,
    open(request, watch, earlier) {
      const ledger = earlier?.ledger ?? openLedger<R>()
      ledger.watchBy(watch)
      if (earlier?.guard === guard && earlier.request === request) return earlier
      if (store !== undefined) ledger.useStore(store)
      if (earlier !== undefined && earlier.guard !== guard) join(earlier.guard as Guard<R>)
      ledger.headers = earlier === undefined ? ownHeaders : [...new Set([...ledger.headers, headers])]
      return openContext(guard, request, httpFacts(adapter, request, settings.clientOf), ledger)
    },
    decide(context, plan, stages) {
      routes.warnIfUnlimited()
      if (isAnyNew() && adapter.isMounted?.(context.request, plan) !== true) planDecides(plan)
      return decideRequest(decider, context, plan, stages)
    },
    endDelays: slowing.end,
    quota: ({ ledger }) => ledger.quota(),
    faultOf: (error) => (error instanceof SluiceError ? forStrangers(error) : foreignFault(error, faults)),
    inTime,
    answerRefused: answersRefused(inTime, functionTimeout),
  }
  partsOfGuard.set(guard, { pool, settings })
  return guard
}

/** Whether the server of a request has stopped listening, as far as Node knows. */
function isClosing(upload: Upload | undefined): boolean {
  const socket = upload?.socket as { readonly server?: { readonly listening?: boolean } } | null | undefined
  return socket?.server?.listening === false
}

/** The routes of a guard, each compiled before its traffic. */
interface Routes<R> extends Pick<Guard<R>, 'root' | 'warnIfUnlimited'> {
  readonly compile: Guard<R>['route']
}

/** @param screens - whether the guard has a deny list, so that it refuses requests without any limit */
function routesOf<R>(options: HttpOptions<R>, compiler: RouteCompiler<R>, screens: boolean): Routes<R> {
  let isLimited = screens
  const compile: Guard<R>['route'] = (outer, own, what) =>
    withText('full', () => {
      checkRoute(own, what)
      const plan = extendPlan(outer, own)
      if (compiler.adapter.addressless === true) checkAddressless(options, plan.limits)
      const route = compileRoute(plan, compiler)
      planMade(plan)
      isLimited ||= route.early.length + Object.keys(route.between).length + route.late.length > 0
      return route
    })
  const { limits, limiter, cost, settle, inherit, when } = options
  return {
    root: compile(emptyPlan as Plan<R>, { limits, limiter, cost, settle, inherit, when }, 'sluice'),
    compile,
    warnIfUnlimited() {
      if (isLimited) return
      isLimited = true
      warnOnce(SLUICE_UNLIMITED, {})
    },
  }
}

/** Where the faults of a guard go. */
interface Faults<R> {
  publish(error: SluiceError, limit: string | null, about?: HttpSubject<R>): void
  /** @returns whether the request goes on all the same */
  shouldContinue(error: SluiceError, about?: HttpSubject<R>): boolean
}

function faultsOf<R>(pool: LimiterPool<R>, onFault: 'throw' | 'allow' | 'deny'): Faults<R> {
  const publish: Faults<R>['publish'] = (error, limit, about) =>
    pool.publish({ type: 'fault', error, limit, http: about && decidedRequest(about.request, about.http) })
  return {
    publish,
    shouldContinue(error, about) {
      publish(error, null, about)
      if (onFault === 'throw') throw error
      return onFault === 'allow'
    },
  }
}

/** Meets the other guards of a request. Warns with `SLUICE_LIMITS_JOINED` for a limit that both have, each in a store of its own. */
function joinedBy<R>(pool: LimiterPool<R>): (other: Guard<R>) => void {
  const met = new WeakSet<object>()
  return (other) => {
    if (met.has(other)) return
    met.add(other)
    if (other.store === pool.store) return
    const names = other.limitNames()
    for (const name of pool.names()) if (names.includes(name)) warnOnce(SLUICE_LIMITS_JOINED, { name })
  }
}

/** A fault whose cause is not of sluice: the framework threw, such as for a header that cannot be read. Its text is for logs. */
function foreignFault<R>(cause: unknown, { publish }: Faults<R>): SluiceError {
  const fault = new SluiceError(SLUICE_STORE, {}, { cause })
  publish(fault, null)
  return fault
}
