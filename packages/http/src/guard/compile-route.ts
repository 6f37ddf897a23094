/** Compiles the plan of a route into stages: which limits are decided together, and in which order. */
import { type Cost, SluiceError } from '@sluice/core'
import type { FunctionTime } from '@sluice/core/internal'
import { trackerOf } from '../adaptive/adaptive.ts'
import { adaptiveStage } from '../adaptive/adaptive-stage.ts'
import type { HttpLimit, RouteOptions } from '../http-limit.ts'
import { hookOf, refuseHooks } from './core-limit.ts'
import type { Adapter, Route } from './guard.ts'
import type { LimiterPool } from './limiter-pool.ts'
import type { Plan } from './plan.ts'
import { checkedCost, type RouteCost, routeCost } from './route-cost.ts'
import { boundStage, limitsStage, type Stage } from './stage.ts'

/** What a guard hands to its compiler. */
export interface RouteCompiler<R> {
  readonly adapter: Adapter<R>
  readonly pool: LimiterPool<R>
  /** Told of what failed after the response. */
  readonly onFault: Stage<R>['onFault']
  /** Told of a function of the application that failed: whether the request goes on all the same. */
  survives(error: SluiceError): boolean
  /** The time that functions of the application have. */
  readonly time: FunctionTime
}

/**
 * Compiles a plan. Limits by address come first, then adaptive capacity, then every other limit, then limiters of the application:
 * a caller who is over a limit by address takes no slot from others. Without adaptive capacity, adapters that decide in one step
 * decide all limits at once.
 * @throws SluiceError for limits that do not fit together
 */
export function compileRoute<R>(plan: Plan<R>, { adapter, pool, onFault, survives, time }: RouteCompiler<R>): Route<R> {
  const { bound, cost, settle } = plan
  const limits = plan.limits.filter((limit) => trackerOf(limit) === undefined)
  const [adaptiveFirst, adaptive] = adaptiveStages(plan.limits)
  if (!adapter.split) refuseHooks(plan.limits)
  const early = adapter.split || adaptive.length > 0 ? decidedEarly(limits) : []
  const later = limits.filter((limit) => !early.includes(limit))
  const names = limits.map((limit) => limit.name)
  // A cost function may read the body, so it is asked late and tops up what was taken early. Shares need their parents beside them.
  const priced = bound.length === 0 ? names : null
  const price = typeof cost === 'function' ? routeCost(cost, priced, survives, time) : checkedCost(cost ?? 1, priced)
  const joins = early.length > 0 && (typeof price === 'function' || later.some((limit) => isShareOf(limit, early)))
  const isOwn = (name: string): boolean => names.includes(name)
  const first = [...adaptiveFirst, ...stageOf(early, typeof price === 'function' ? 1 : price, settle)]
  const last = [
    ...adaptive,
    ...stageOf(joins ? limits : later, price, settle),
    ...bound.map((one) => boundStage(one, { cost: price, isOwn, onFault, survives, time })),
  ]
  return adapter.split ? { plan, early: first, late: last } : { plan, early: [], late: [...first, ...last] }

  function stageOf(of: readonly HttpLimit<R>[], units: Cost | RouteCost<R>, settled: RouteOptions<R>['settle']): Stage<R>[] {
    return of.length === 0 ? [] : [limitsStage({ limits: of, limiter: pool.limiterFor(of), cost: units, settle: settled, onFault, time })]
  }

  /** Of each adaptive limit a stage of its own, in this process: those that come before everything else, and the others. */
  function adaptiveStages(of: readonly HttpLimit<R>[]): readonly [Stage<R>[], Stage<R>[]] {
    const stages: readonly [Stage<R>[], Stage<R>[]] = [[], []]
    for (const limit of of) {
      const tracker = trackerOf(limit)
      if (tracker === undefined) continue
      if (of.filter(({ name }) => name === limit.name).length > 1) throw new SluiceError('SLUICE_LIMIT_TWICE', { name: limit.name })
      const limiterFor = (list: readonly HttpLimit<R>[]) => pool.limiterFor(list, tracker.store)
      stages[tracker.order === 'first' ? 0 : 1].push(
        adaptiveStage({ limit, tracker, limiterFor, uploadOf: adapter.uploadOf, onFault, time }),
      )
    }
    return stages
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
