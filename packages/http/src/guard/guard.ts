/** The guard: what every adapter does with a request, in terms of no framework. */
import { type Admin, type MaybePromise, type Refused, SluiceError, type Store } from '@sluice/core'
import { forStrangers, isPromise, withText } from '@sluice/core/internal'
import type { Upload } from '../adaptive/upload.ts'
import type { HeaderLine } from '../headers/header-line.ts'
import { joinedQuota } from '../headers/header-presets.ts'
import { type Framework, httpFacts } from '../http-facts.ts'
import type { HttpOptions, ResponseFacts, RouteOptions } from '../http-limit.ts'
import { type Refusal, refusalWriter } from '../refusal/refusal.ts'
import { checkAddressless } from './addressless.ts'
import { type Admission, admission, screen } from './admission.ts'
import { isTimeout } from './attempt.ts'
import { compileRoute, type RouteCompiler } from './compile-route.ts'
import { limiterPool } from './limiter-pool.ts'
import { emptyPlan, extendPlan, type Plan } from './plan.ts'
import { isPreflight } from './preflight.ts'
import { openContext, type RequestContext } from './request-context.ts'
import { openLedger, type Watch } from './request-ledger.ts'
import { checkRoute, settingsOf } from './settings.ts'
import { denyingStage, type Stage } from './stage.ts'

/** What guards a route, ready to decide. */
export interface Route<R> {
  readonly plan: Plan<R>
  /** Decided as soon as the request is there. */
  readonly early: readonly Stage<R>[]
  /** Decided when the body and the user are known. */
  readonly late: readonly Stage<R>[]
}

/** A guard of requests of type `R`. */
export interface Guard<R> {
  readonly store: Store
  readonly admin: Admin
  /** What guards every route that says nothing. */
  readonly root: Route<R>
  /**
   * What guards a route within an outer one.
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
  /** Whether requests are refused by their address, so that every one must be decided, even where no limit guards it. */
  readonly screens: boolean
  /**
   * Checks the deny list, then the allow list, then the conditions of the plan, then its stages in order. An adapter calls it for every
   * request, those of unguarded routes included, unless `screens` is false and there is no stage.
   * @returns the refusal, or `null` to go on
   */
  decide(context: RequestContext<R>, plan: Plan<R>, stages: readonly Stage<R>[]): MaybePromise<Refusal | null>
  /** The headers that tell callers where they stand. */
  quota(context: RequestContext<R>): readonly HeaderLine[]
  /** What `open` or `decide` failed with, as an error whose message strangers may read. */
  faultOf(error: unknown): SluiceError
  /**
   * What `onRefused` answers later. One that takes too long is a fault: then `ours` answers, unless faults are thrown.
   * @throws SluiceError `SLUICE_FUNCTION_TIMEOUT`, and what `onRefused` rejects with
   */
  inTime<T>(answer: PromiseLike<T>, ours: () => T): Promise<T>
}

/** What an adapter says of itself. */
export interface Adapter<R> extends Framework<R> {
  /** Names of the functions that it takes beside the common options. */
  readonly options: readonly string[]
  /** Whether limits are decided in two steps, by their `hook`; else all of them in one, late. */
  readonly split: boolean
  /** Whether it was not told how to know the address of a client, so that nothing may ask for it. @default false */
  readonly addressless?: boolean
  /**
   * Whether a handler of the application ran for a request; asked once the response to a CORS preflight has ended. Where it did not, the
   * charge of the preflight is cancelled. @default always
   */
  readonly handled?: ((request: R, response: ResponseFacts) => boolean) | undefined
  /** The message of `node:http` behind a request, where there is one: it tells whether the body has arrived. */
  readonly uploadOf?: ((request: R) => Upload | undefined) | undefined
}

/**
 * A guard from the options of an application.
 * @throws SluiceError for every wrong option, before traffic
 */
export function createGuard<R>(options: HttpOptions<R>, adapter: Adapter<R>): Guard<R> {
  const settings = settingsOf(options, adapter.options)
  const ownHeaders = [settings.headers]
  const writeRefusal = refusalWriter(settings, options)
  const { time, onFault, ipv6Prefix } = settings
  const pool = limiterPool<R>({ store: options.store, onFault, functionTimeout: options.functionTimeout, ipv6Prefix })
  if (options.observe !== undefined) pool.admin.observe(options.observe)

  const tellFault = (error: SluiceError, limit: string | null): void => pool.tell({ type: 'fault', error, limit })

  /** A function of the application failed that belongs to no limit. @returns whether the request goes on all the same */
  function survives(error: SluiceError): boolean {
    tellFault(error, null)
    if (settings.onFault === 'throw') throw error
    return settings.onFault === 'allow'
  }

  const cancelsPreflights = settings.preflight === 'cancel' && adapter.handled !== undefined
  const compiler: RouteCompiler<R> = { adapter, pool, onFault: tellFault, survives, time }

  function compile(plan: Plan<R>): Route<R> {
    if (adapter.addressless === true) checkAddressless(options, plan.limits)
    return compileRoute(plan, compiler)
  }

  function route(outer: Plan<R>, routeOptions: RouteOptions<R>, what: string): Route<R> {
    return withText('full', () => {
      checkRoute(routeOptions, what)
      return compile(extendPlan(outer, routeOptions))
    })
  }

  const { limits, limiter, cost, settle, inherit, when } = options
  const rootOptions = { limits, limiter, cost, settle, inherit, when }
  withText('full', () => checkRoute(rootOptions, 'sluice'))

  const guard: Guard<R> = {
    store: pool.store,
    admin: pool.admin,
    root: withText('full', () => compile(extendPlan(emptyPlan as Plan<R>, rootOptions))),
    route,
    screens: settings.screens,
    open(request, watch, earlier) {
      const ledger = earlier?.ledger ?? openLedger<R>()
      ledger.watchBy(watch)
      if (earlier?.guard === guard && earlier.request === request) return earlier
      if (options.store !== undefined) ledger.useStore(options.store)
      ledger.headers = earlier === undefined ? ownHeaders : [...new Set([...ledger.headers, settings.headers])]
      return openContext(guard, request, httpFacts(adapter, request, settings), ledger)
    },
    decide(context, plan, stages) {
      if (stages.length === 0 && !settings.screens) return null
      if (settings.hasLists) {
        const listed = screen(context.http, settings, survives)
        if (listed !== 'decide') return admit(context, stages, listed)
        // Conditions are not asked before the first stage, where the user may not be known.
        if (stages.length === 0) return null
      }
      const answer = admission(context, plan, settings, survives)
      return isPromise(answer) ? admitLate(context, stages, answer) : admit(context, stages, answer)
    },
    quota: ({ ledger }) => joinedQuota(ledger.headers, ledger.limits()),
    faultOf(error) {
      if (error instanceof SluiceError) return forStrangers(error)
      // Something of the framework threw, such as a header that cannot be read: what it says is for logs.
      const fault = new SluiceError('SLUICE_STORE', {}, { cause: error })
      tellFault(fault, null)
      return fault
    },
    inTime: (answer, ours) =>
      time.within(answer, { function: 'onRefused' }).catch((cause: unknown) => {
        if (!isTimeout(cause)) throw cause
        survives(cause)
        return ours()
      }),
  }
  return guard

  /** What goes on later has functions of its own: a closure beside the usual path makes each call there allocate. */
  function admitLate(context: RequestContext<R>, stages: readonly Stage<R>[], admitted: Promise<Admission>): Promise<Refusal | null> {
    return admitted.then((late) => admit(context, stages, late))
  }

  function admit(context: RequestContext<R>, stages: readonly Stage<R>[], admitted: Admission | Refusal): MaybePromise<Refusal | null> {
    if (admitted === 'decide') {
      if (cancelsPreflights && context.http.method === 'OPTIONS') watchPreflight(context)
      return passAll(context, stages, 0)
    }
    if (admitted === 'skip') return null
    return admitted === 'deny' ? passAll(context, [denyingStage], 0) : admitted
  }

  /** A preflight is charged like any request. What CORS answers, without a handler of the application, costs nothing in the end. */
  function watchPreflight({ request, http, ledger }: RequestContext<R>): void {
    if (isPreflight(http)) ledger.cancelIf((response) => !adapter.handled!(request, response))
  }

  function passAll(context: RequestContext<R>, stages: readonly Stage<R>[], from: number): MaybePromise<Refusal | null> {
    for (let i = from; i < stages.length; i++) {
      const refused = context.pass(stages[i]!)
      if (isPromise(refused)) return passLate(context, stages, i, refused)
      if (refused !== null) return refuse(context, stages, refused)
    }
    return null
  }

  function passLate(
    context: RequestContext<R>,
    stages: readonly Stage<R>[],
    at: number,
    refused: Promise<Refused | null>,
  ): Promise<Refusal | null> {
    return refused.then((late) => (late === null ? passAll(context, stages, at + 1) : refuse(context, stages, late)))
  }

  function refuse(context: RequestContext<R>, stages: readonly Stage<R>[], refused: Refused): MaybePromise<Refusal> {
    const { request, http } = context
    const statusOf = (name: string): 429 | 503 | undefined => {
      for (const stage of stages) {
        const limit = stage.limitNamed(name)
        if (limit !== undefined) return limit.status
      }
    }
    const quota = guard.quota(context)
    const withdrawn = quota.length > 0 ? [] : context.ledger.headers.flatMap((plan) => plan.quotaNames)
    return writeRefusal({ refused, limits: context.limits(), quota, withdrawn, request, http, statusOf, survives })
  }
}
