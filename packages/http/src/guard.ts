/** The guard: what every adapter does with a request, in terms of no framework. */
import { type Admin, andThen, type Cost, isPromise, type MaybePromise, type Refused, type SluiceError, type Store } from '@sluice/core'
import { admission } from './admission.ts'
import { hookOf } from './core-limit.ts'
import { type Exchange, openExchange } from './exchange.ts'
import type { HeaderLine } from './header-line.ts'
import { type Framework, httpFacts } from './http-facts.ts'
import type { HttpLimit, HttpOptions, RouteOptions } from './http-limit.ts'
import { limiterPool } from './limiter-pool.ts'
import { emptyPlan, extendPlan, type Plan } from './plan.ts'
import { type Refusal, refusalOf } from './refusal.ts'
import { checkRoute, settingsOf } from './settings.ts'
import { boundStage, limitsStage, type Stage } from './stage.ts'

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
  /** Whether the application left the store to the guard. */
  readonly ownsStore: boolean
  /**
   * What guards a route within an outer one.
   * @param what - the place of the options, for errors
   * @throws SluiceError for wrong options, and limits that do not fit together
   */
  route(outer: Plan<R>, options: RouteOptions<R>, what: string): Route<R>
  open(request: R): Exchange<R>
  /** Goes through stages in order, unless the request is none of the plan's business. @returns the refusal, or `null` to go on */
  decide(exchange: Exchange<R>, plan: Plan<R>, stages: readonly Stage<R>[]): MaybePromise<Refusal | null>
  /** The headers that tell callers where they stand. */
  quota(exchange: Exchange<R>): readonly HeaderLine[]
}

/** What an adapter says of itself. */
export interface Adapter<R> extends Framework<R> {
  /** Options it takes beside the common ones. */
  readonly options: readonly string[]
  /** Whether limits are decided in two steps, by their `hook`; else all of them in one, late. */
  readonly split: boolean
}

/**
 * A guard from the options of an application.
 * @throws SluiceError for every wrong option, before traffic
 */
export function createGuard<R>(options: HttpOptions<R>, adapter: Adapter<R>): Guard<R> {
  const settings = settingsOf(options, adapter.options)
  const pool = limiterPool<R>(options.store, settings.onFault)
  if (options.observe !== undefined) pool.admin.observe(options.observe)

  const tellFault = (error: SluiceError, limit: string | null): void => pool.tell({ type: 'fault', error, limit })

  /** What a request costs when nobody can say: nothing is known, so `allow` takes one unit, and `deny` refuses. */
  function onCostFault(error: SluiceError): Cost | null {
    tellFault(error, null)
    if (settings.onFault === 'throw') throw error
    return settings.onFault === 'allow' ? 1 : null
  }

  function stageOf(limits: readonly HttpLimit<R>[], cost: RouteOptions<R>['cost'], settle: RouteOptions<R>['settle']): Stage<R>[] {
    return limits.length === 0 ? [] : [limitsStage({ limits, limiter: pool.limiterFor(limits), cost, settle, onCostFault })]
  }

  function compile(plan: Plan<R>): Route<R> {
    const { limits, bound, cost, settle } = plan
    const early = adapter.split ? limits.filter((limit) => hookOf(limit) === 'onRequest') : []
    const later = limits.filter((limit) => !early.includes(limit))
    // A cost function may read the body, so it is asked late and tops up what was taken early. Shares need their parents beside them.
    const isAskedLate = typeof cost === 'function'
    const joins = early.length > 0 && (isAskedLate || later.some((limit) => isShareOf(limit, early)))
    const late = joins ? limits : later
    return {
      plan,
      early: stageOf(early, isAskedLate ? undefined : cost, settle),
      late: [...stageOf(late, cost, settle), ...bound.map((limiter) => boundStage(limiter, cost))],
    }
  }

  function route(outer: Plan<R>, routeOptions: RouteOptions<R>, what: string): Route<R> {
    checkRoute(routeOptions, what)
    return compile(extendPlan(outer, routeOptions))
  }

  const { limits, limiter, cost, settle, when } = options
  const rootOptions = { limits, limiter, cost, settle, when }
  checkRoute(rootOptions, 'sluice')

  return {
    store: pool.store,
    ownsStore: options.store === undefined,
    admin: pool.admin,
    root: compile(extendPlan(emptyPlan as Plan<R>, rootOptions)),
    route,
    open(request) {
      const facts = httpFacts(adapter, request, settings.ipv6Prefix, (http) =>
        settings.clientOf({
          remoteAddress: () => adapter.remoteAddress(request),
          vouchedFor: () => adapter.vouchedFor(request),
          forwardedFor: () => http.header('x-forwarded-for'),
        }),
      )
      return openExchange(request, facts, tellFault)
    },
    decide(exchange, plan, stages) {
      if (stages.length === 0) return null
      const admitted = admission(exchange, plan, settings)
      return andThen(admitted, (answer) => {
        if (answer !== 'decide') return answer === 'skip' ? null : answer
        return passAll(exchange, stages, 0)
      })
    },
    quota: (exchange) => settings.headers.quota(exchange.limits()),
  }

  function passAll(exchange: Exchange<R>, stages: readonly Stage<R>[], from: number): MaybePromise<Refusal | null> {
    for (let i = from; i < stages.length; i++) {
      const refused = exchange.pass(stages[i]!)
      if (isPromise(refused))
        return refused.then((late) => (late === null ? passAll(exchange, stages, i + 1) : refuse(exchange, stages, late)))
      if (refused !== null) return refuse(exchange, stages, refused)
    }
    return null
  }

  function refuse(exchange: Exchange<R>, stages: readonly Stage<R>[], refused: Refused): Refusal {
    const { request, sluice } = exchange
    const statusOf = (name: string): 429 | 503 | undefined =>
      stages.find((stage) => stage.limitNamed(name) !== undefined)?.limitNamed(name)?.status
    return refusalOf({ refused, limits: exchange.limits(), request, http: sluice.http, statusOf }, settings, options)
  }
}

function isShareOf<R>(limit: HttpLimit<R>, parents: readonly HttpLimit<R>[]): boolean {
  const { rule } = limit
  return typeof rule === 'object' && 'parent' in rule && parents.some((parent) => parent.name === rule.parent)
}
