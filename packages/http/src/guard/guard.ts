/** The guard: what every adapter does with a request, in terms of no framework. */
import { type Admin, type MaybePromise, SluiceError, type Store } from '@sluice/core'
import { forStrangers, SLUICE_STORE, warnOnce, withText } from '@sluice/core/internal'
import { isTimeout } from '../attempt.ts'
import { SLUICE_LIMITS_JOINED, SLUICE_UNLIMITED } from '../errors.ts'
import type { HeaderLine } from '../headers/header-line.ts'
import { joinedQuota } from '../headers/header-presets.ts'
import { httpFacts } from '../http-facts.ts'
import type { HttpOptions, RouteOptions } from '../http-limit.ts'
import { type AnswerRefused, answersRefused } from '../refusal/own-answer.ts'
import { type Refusal, refusalWriter } from '../refusal/refusal.ts'
import type { Adapter } from './adapter.ts'
import { compileRoute, emptyPlan, extendPlan, type Plan, type Route, type RouteCompiler } from './compile-route.ts'
import { decideRequest, type RequestDecider } from './decide-request.ts'
import { limiterPool } from './limiter-pool.ts'
import { openContext, type RequestContext } from './request-context.ts'
import { openLedger, type Watch } from './request-ledger.ts'
import { checkAddressless, checkRoute, settingsOf } from './settings.ts'
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
  /** The quota headers of a response. */
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
  if (observe !== undefined) pool.admin.observe(observe)

  const publishFault = (error: SluiceError, limit: string | null): void => pool.publish({ type: 'fault', error, limit })
  const shouldContinue = (error: SluiceError): boolean => {
    publishFault(error, null)
    return continuesAfter(error, onFault)
  }
  let isLimited = settings.screens
  const compiler: RouteCompiler<R> = { adapter, pool, onFault: publishFault, shouldContinue, time }
  const routeOf = (outer: Plan<R>, own: RouteOptions<R>, what: string): Route<R> =>
    withText('full', () => {
      checkRoute(own, what)
      const plan = extendPlan(outer, own)
      if (adapter.addressless === true) checkAddressless(options, plan.limits)
      const route = compileRoute(plan, compiler)
      isLimited ||= route.early.length + route.preParsing.length + route.preValidation.length + route.late.length > 0
      return route
    })

  /** Other guards whose requests this one has met. */
  const joined = new WeakSet<object>()
  const join = (other: Guard<R>): void => {
    joined.add(other)
    if (other === guard || other.store === pool.store) return
    const names = other.limitNames()
    for (const name of pool.names()) if (names.includes(name)) warnOnce(SLUICE_LIMITS_JOINED, { name })
  }

  const { limits, limiter, cost, settle, inherit, when } = options
  const ownHeaders = [headers]
  const decider: RequestDecider<R> = {
    settings,
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
    admin: pool.admin,
    root: routeOf(emptyPlan as Plan<R>, { limits, limiter, cost, settle, inherit, when }, 'sluice'),
    route: routeOf,
    limitNames: pool.names,
    warnIfUnlimited() {
      if (isLimited) return
      isLimited = true
      warnOnce(SLUICE_UNLIMITED, {})
    },
    screens: settings.screens,
    open(request, watch, earlier) {
      const ledger = earlier?.ledger ?? openLedger<R>()
      ledger.watchBy(watch)
      if (earlier?.guard === guard && earlier.request === request) return earlier
      if (store !== undefined) ledger.useStore(store)
      if (earlier !== undefined && !joined.has(earlier.guard)) join(earlier.guard as Guard<R>)
      ledger.headers = earlier === undefined ? ownHeaders : [...new Set([...ledger.headers, headers])]
      return openContext(guard, request, httpFacts(adapter, request, settings.clientOf), ledger)
    },
    decide(context, plan, stages) {
      if (!isLimited) guard.warnIfUnlimited()
      return decideRequest(decider, context, plan, stages)
    },
    quota: ({ ledger }) => joinedQuota(ledger.headers, ledger.limits()),
    faultOf: (error) => (error instanceof SluiceError ? forStrangers(error) : foreignFault(error, publishFault)),
    inTime,
    answerRefused: answersRefused(inTime, functionTimeout),
  }
  return guard
}

/** Whether a request goes on after a fault. @throws the fault itself, where faults are thrown */
function continuesAfter(fault: SluiceError, onFault: 'throw' | 'allow' | 'deny'): boolean {
  if (onFault === 'throw') throw fault
  return onFault === 'allow'
}

/** A fault whose cause is not of sluice: the framework threw, such as for a header that cannot be read. Its text is for logs. */
function foreignFault(cause: unknown, publishFault: (error: SluiceError, limit: null) => void): SluiceError {
  const fault = new SluiceError(SLUICE_STORE, {}, { cause })
  publishFault(fault, null)
  return fault
}
