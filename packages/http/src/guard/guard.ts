/** The guard: what every adapter does with a request, in terms of no framework. */
import { type Admin, type Cost, isPromise, type MaybePromise, type Refused, SluiceError, type Store } from '@sluice/core'
import { followerOf } from '../adaptive/adaptive.ts'
import { adaptiveStage } from '../adaptive/adaptive-stage.ts'
import type { HeaderLine } from '../headers/header-line.ts'
import { joinedQuota } from '../headers/header-presets.ts'
import { type Framework, httpFacts } from '../http-facts.ts'
import type { HttpLimit, HttpOptions, RouteOptions } from '../http-limit.ts'
import { type Refusal, refusalWriter } from '../refusal/refusal.ts'
import { checkAddressless } from './addressless.ts'
import { type Admission, admission } from './admission.ts'
import { hookOf, refuseHooks } from './core-limit.ts'
import { type Exchange, openExchange } from './exchange.ts'
import { limiterPool } from './limiter-pool.ts'
import { emptyPlan, extendPlan, type Plan } from './plan.ts'
import { checkedCost, type RouteCost, routeCost } from './route-cost.ts'
import { checkRoute, settingsOf } from './settings.ts'
import { boundStage, denyingStage, limitsStage, type Stage } from './stage.ts'
import { openTab, type Watch } from './tab.ts'

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
   * Opens the exchange of a request.
   * @param watch - called once, when something waits for the end of the response
   * @param earlier - the exchange that another guard, or this one, has with the same request: the two are joined
   * @throws SluiceError `SLUICE_TWO_STORES` if both were given a store, and not the same
   */
  open(request: R, watch?: Watch, earlier?: Exchange<R>): Exchange<R>
  /** Whether requests are refused by their address, so that every one must be decided, even where no limit guards it. */
  readonly screens: boolean
  /** Goes through stages in order, unless the request is none of the plan's business. @returns the refusal, or `null` to go on */
  decide(exchange: Exchange<R>, plan: Plan<R>, stages: readonly Stage<R>[]): MaybePromise<Refusal | null>
  /** The headers that tell callers where they stand. */
  quota(exchange: Exchange<R>): readonly HeaderLine[]
}

/** What an adapter says of itself. */
export interface Adapter<R> extends Framework<R> {
  /** Names of the functions that it takes beside the common options. */
  readonly options: readonly string[]
  /** Whether limits are decided in two steps, by their `hook`; else all of them in one, late. */
  readonly split: boolean
  /** Whether it was not told how to know the address of a client, so that nothing may ask for it. @default false */
  readonly addressless?: boolean
}

/**
 * A guard from the options of an application.
 * @throws SluiceError for every wrong option, before traffic
 */
export function createGuard<R>(options: HttpOptions<R>, adapter: Adapter<R>): Guard<R> {
  const settings = settingsOf(options, adapter.options)
  const ownHeaders = [settings.headers]
  const writeRefusal = refusalWriter(settings, options)
  const pool = limiterPool<R>(options.store, settings.onFault)
  if (options.observe !== undefined) pool.admin.observe(options.observe)

  const tellFault = (error: SluiceError, limit: string | null): void => pool.tell({ type: 'fault', error, limit })

  /** A function of the application failed that belongs to no limit. @returns whether the request goes on all the same */
  function survives(error: SluiceError): boolean {
    tellFault(error, null)
    if (settings.onFault === 'throw') throw error
    return settings.onFault === 'allow'
  }

  function stageOf(limits: readonly HttpLimit<R>[], cost: Cost | RouteCost<R>, settle: RouteOptions<R>['settle']): Stage<R>[] {
    return limits.length === 0 ? [] : [limitsStage({ limits, limiter: pool.limiterFor(limits), cost, settle, onFault: tellFault })]
  }

  /** Of each adaptive limit a stage of its own, in this process, before anything else is asked. */
  function adaptiveStages(limits: readonly HttpLimit<R>[]): Stage<R>[] {
    return limits.flatMap((limit) => {
      const follower = followerOf(limit)
      if (follower === undefined) return []
      if (limits.filter(({ name }) => name === limit.name).length > 1) throw new SluiceError('SLUICE_LIMIT_TWICE', { name: limit.name })
      return [adaptiveStage({ limit, follower, limiter: pool.limiterFor([limit], follower.store), onFault: tellFault })]
    })
  }

  function compile(plan: Plan<R>): Route<R> {
    const { bound, cost, settle } = plan
    const limits = plan.limits.filter((limit) => followerOf(limit) === undefined)
    const adaptive = limits.length === plan.limits.length ? [] : adaptiveStages(plan.limits)
    if (adapter.addressless === true) checkAddressless(options, limits)
    if (!adapter.split) refuseHooks(plan.limits)
    const early = adapter.split ? decidedEarly(limits) : []
    const later = limits.filter((limit) => !early.includes(limit))
    const names = limits.map((limit) => limit.name)
    // A cost function may read the body, so it is asked late and tops up what was taken early. Shares need their parents beside them.
    const priced = bound.length === 0 ? names : null
    const price = typeof cost === 'function' ? routeCost(cost, priced, survives) : checkedCost(cost ?? 1, priced)
    const joins = early.length > 0 && (typeof price === 'function' || later.some((limit) => isShareOf(limit, early)))
    const isOwn = (name: string): boolean => names.includes(name)
    return {
      plan,
      early: [...(adapter.split ? adaptive : []), ...stageOf(early, typeof price === 'function' ? 1 : price, settle)],
      late: [
        ...(adapter.split ? [] : adaptive),
        ...stageOf(joins ? limits : later, price, settle),
        ...bound.map((one) => boundStage(one, { cost: price, isOwn, onFault: tellFault, survives })),
      ],
    }
  }

  function route(outer: Plan<R>, routeOptions: RouteOptions<R>, what: string): Route<R> {
    checkRoute(routeOptions, what)
    return compile(extendPlan(outer, routeOptions))
  }

  const { limits, limiter, cost, settle, inherit, when } = options
  const rootOptions = { limits, limiter, cost, settle, inherit, when }
  checkRoute(rootOptions, 'sluice')

  const guard: Guard<R> = {
    store: pool.store,
    admin: pool.admin,
    root: compile(extendPlan(emptyPlan as Plan<R>, rootOptions)),
    route,
    screens: settings.screens,
    open(request, watch, earlier) {
      if (earlier?.guard === guard && earlier.request === request) return earlier
      const tab = earlier?.tab ?? openTab<R>(watch)
      if (options.store !== undefined) tab.useStore(options.store)
      tab.headers = earlier === undefined ? ownHeaders : [...new Set([...tab.headers, settings.headers])]
      return openExchange(guard, request, httpFacts(adapter, request, settings), tab)
    },
    decide(exchange, plan, stages) {
      if (stages.length === 0 && !settings.screens) return null
      const answer = admission(exchange, plan, settings, survives)
      return isPromise(answer) ? admitLate(exchange, stages, answer) : admit(exchange, stages, answer)
    },
    quota: ({ tab }) => joinedQuota(tab.headers, tab.limits()),
  }
  return guard

  /** What goes on later has functions of its own: a closure beside the usual path makes each call there allocate. */
  function admitLate(exchange: Exchange<R>, stages: readonly Stage<R>[], admitted: Promise<Admission | Refusal>): Promise<Refusal | null> {
    return admitted.then((late) => admit(exchange, stages, late))
  }

  function admit(exchange: Exchange<R>, stages: readonly Stage<R>[], admitted: Admission | Refusal): MaybePromise<Refusal | null> {
    if (admitted === 'decide') return passAll(exchange, stages, 0)
    if (admitted === 'skip') return null
    return admitted === 'deny' ? passAll(exchange, [denyingStage], 0) : admitted
  }

  function passAll(exchange: Exchange<R>, stages: readonly Stage<R>[], from: number): MaybePromise<Refusal | null> {
    for (let i = from; i < stages.length; i++) {
      const refused = exchange.pass(stages[i]!)
      if (isPromise(refused)) return passLate(exchange, stages, i, refused)
      if (refused !== null) return refuse(exchange, stages, refused)
    }
    return null
  }

  function passLate(
    exchange: Exchange<R>,
    stages: readonly Stage<R>[],
    at: number,
    refused: Promise<Refused | null>,
  ): Promise<Refusal | null> {
    return refused.then((late) => (late === null ? passAll(exchange, stages, at + 1) : refuse(exchange, stages, late)))
  }

  function refuse(exchange: Exchange<R>, stages: readonly Stage<R>[], refused: Refused): Refusal {
    const { request, http } = exchange
    const statusOf = (name: string): 429 | 503 | undefined => {
      for (const stage of stages) {
        const limit = stage.limitNamed(name)
        if (limit !== undefined) return limit.status
      }
    }
    const quota = guard.quota(exchange)
    const withdrawn = quota.length > 0 ? [] : exchange.tab.headers.flatMap((plan) => plan.quotaNames)
    return writeRefusal({ refused, limits: exchange.limits(), quota, withdrawn, request, http, statusOf, survives })
  }
}

/** What is decided as soon as the request is there. A share waits for its parent. */
function decidedEarly<R>(limits: readonly HttpLimit<R>[]): readonly HttpLimit<R>[] {
  const early: HttpLimit<R>[] = []
  for (const limit of limits) {
    const isShare = typeof limit.rule === 'object' && 'parent' in limit.rule
    if (hookOf(limit) === 'onRequest' && (!isShare || isShareOf(limit, early))) early.push(limit)
  }
  return early
}

function isShareOf<R>(limit: HttpLimit<R>, parents: readonly HttpLimit<R>[]): boolean {
  const { rule } = limit
  return typeof rule === 'object' && 'parent' in rule && parents.some((parent) => parent.name === rule.parent)
}
