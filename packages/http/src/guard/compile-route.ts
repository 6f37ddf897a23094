/** From the options of routes to what their requests are decided by: plans, compiled into stages. */

import { type Cost, SluiceError } from '@sluice/core'
import type { FunctionTime } from '@sluice/core/internal'
import { checkCostFits, isCountingRule, SLUICE_LIMIT_TWICE } from '@sluice/core/internal'
import type { HttpLimit, RouteOptions } from '../http-limit.ts'
import type { Adapter } from './adapter.ts'
import { type HttpSubject, refuseHooks, type Step, stepOf } from './core-limit.ts'
import type { LimiterPool } from './limiter-pool.ts'
import { checkedCost, type RouteCost, routeCost } from './route-cost.ts'
import { routeSettle } from './route-settle.ts'
import { boundStage, limitsStage, type Stage } from './stage.ts'

/** The options of a route, together with those it inherits. */
export interface Plan<R> {
  /** Outermost first. */
  readonly limits: readonly HttpLimit<R>[]
  readonly bound: readonly NonNullable<RouteOptions<R>['limiter']>[]
  readonly cost: RouteOptions<R>['cost']
  readonly settle: RouteOptions<R>['settle']
  readonly when: readonly NonNullable<RouteOptions<R>['when']>[]
}

/** A plan that guards nothing: what the outermost options add to. */
export const emptyPlan: Plan<never> = Object.freeze({ limits: [], bound: [], cost: undefined, settle: undefined, when: [] })

/** A plan and what a route adds: its limits come after the outer ones, its cost and settlement replace theirs. */
export function extendPlan<R>(outer: Plan<R>, route: RouteOptions<R>): Plan<R> {
  const from = route.inherit === false ? (emptyPlan as Plan<R>) : outer
  const added = (route.limits ?? []).filter((limit) => !from.limits.includes(limit))
  return {
    limits: added.length === 0 ? from.limits : [...from.limits, ...added],
    bound: route.limiter === undefined || from.bound.includes(route.limiter) ? from.bound : [...from.bound, route.limiter],
    cost: route.cost ?? from.cost,
    settle: route.settle ?? from.settle,
    when: route.when === undefined ? from.when : [...from.when, route.when],
  }
}

/** What guards a route, ready to decide. */
export interface Route<R> {
  readonly plan: Plan<R>
  /** Decided as soon as the request is there. */
  readonly early: readonly Stage<R>[]
  /** Decided between them, by limits that say so. A step without a stage is missing. */
  readonly between: Between<R>
  /** Decided when the body and the user are known. */
  readonly late: readonly Stage<R>[]
}

/** The stages of each step between the first and the last. */
export type Between<R> = Readonly<Partial<Record<Step, readonly Stage<R>[]>>>

/** What a guard hands to its compiler. */
export interface RouteCompiler<R> {
  readonly adapter: Adapter<R>
  readonly pool: LimiterPool<R>
  /** Called with what failed after the response. */
  readonly onFault: Stage<R>['onFault']
  /** Called with the fault of a function of the application. @returns whether the request goes on all the same */
  shouldContinue(error: SluiceError, about: HttpSubject<R>): boolean
  /** The time that functions of the application have. */
  readonly time: FunctionTime
}

/** Under this key, a limit keeps how its own stage is made. Spreading the limit takes it along. */
export const ownStage: unique symbol = Symbol.for('sluice.own-stage')

/** A limit that is no limit of a list, but makes a stage of its own. Adaptive capacity plugs in here. */
export interface OwnStage {
  /** Before every other limit, or after those by address. */
  readonly order: 'afterAddress' | 'first'
  stage<R>(limit: HttpLimit<R>, compiler: RouteCompiler<R>): Stage<R>
}

/** How a limit makes its stage, if it is no limit of a list. */
export function ownStageOf<R>(limit: HttpLimit<R>): OwnStage | undefined {
  return (limit as { readonly [ownStage]?: OwnStage })[ownStage]
}

/**
 * Compiles a plan. The order is: limits by address, adaptive capacity, every other limit, limiters of the application. So a caller who is
 * over a limit by address takes no slot from others. Without adaptive capacity, adapters that decide in one step decide all limits at
 * once.
 * @throws SluiceError for limits that do not fit together
 */
export function compileRoute<R>(plan: Plan<R>, compiler: RouteCompiler<R>): Route<R> {
  const { adapter, pool, onFault, shouldContinue, time } = compiler
  const { bound } = plan
  const limits = plan.limits.filter((limit) => ownStageOf(limit) === undefined)
  const [ownFirst, own] = ownStages(plan.limits, compiler)
  if (!adapter.split) refuseHooks(plan.limits)
  const early = adapter.split || own.length > 0 ? decidedEarly(limits) : []
  const between = adapter.split ? decidedBetween(limits) : new Map<Step, HttpLimit<R>[]>()
  const before = [...early, ...[...between.values()].flat()]
  const later = limits.filter((limit) => !before.includes(limit))
  const names = limits.map((limit) => limit.name)
  const cost = costOf(plan.cost, bound.length === 0 ? names : null, compiler)
  for (const limit of limits) checkRouteCost(limit, cost)
  const settle = plan.settle && routeSettle(plan.settle, { names, onFault, time })
  // A cost function may read the body, so it is called late and tops up what was charged before. Shares need their parents beside them.
  const joins = before.length > 0 && (typeof cost === 'function' || later.some((limit) => isShareOf(limit, before)))
  const stageOf = (of: readonly HttpLimit<R>[], charged: Cost | RouteCost<R>): Stage<R>[] =>
    of.length === 0 ? [] : [limitsStage({ limits: of, limiter: pool.limiterFor(of), cost: charged, settle, onFault, time })]
  const isOwn = (name: string): boolean => names.includes(name)
  const units = typeof cost === 'function' ? 1 : cost
  const first = [...ownFirst, ...stageOf(early, units)]
  const last = [
    ...own,
    ...stageOf(joins ? limits : later, cost),
    ...bound.map((one) => boundStage(one, { cost, isOwn, onFault, shouldContinue, time })),
  ]
  if (!adapter.split) return { plan, early: [], between: {}, late: [...first, ...last] }
  const stages = Object.fromEntries([...between].map(([step, its]) => [step, stageOf(its, units)]))
  return { plan, early: first, between: stages, late: last }
}

/** Refuses a fixed cost of the route that is above the fixed capacity of a limit without a cost of its own. */
function checkRouteCost<R>({ name, rule, debit, cost: own }: HttpLimit<R>, cost: Cost | RouteCost<R>): void {
  if (own !== undefined || typeof cost === 'function' || !isCountingRule(rule)) return
  const units = typeof cost === 'number' ? cost : Object.hasOwn(cost, name) ? cost[name] : undefined
  checkCostFits({ name, cost: units, debit }, rule, 'The cost of a route')
}

/** @param names - of the limits that a cost may name; `null` where the application has limiters of its own, whose limits are not known */
function costOf<R>(
  cost: Plan<R>['cost'],
  names: readonly string[] | null,
  { shouldContinue, time }: RouteCompiler<R>,
): Cost | RouteCost<R> {
  return typeof cost === 'function' ? routeCost(cost, names, shouldContinue, time) : checkedCost(cost ?? 1, names)
}

/** The stages of limits that make their own: those that come before everything else, and the others. */
function ownStages<R>(limits: readonly HttpLimit<R>[], compiler: RouteCompiler<R>): readonly [Stage<R>[], Stage<R>[]] {
  const stages: readonly [Stage<R>[], Stage<R>[]] = [[], []]
  for (const limit of limits) {
    const own = ownStageOf(limit)
    if (own === undefined) continue
    if (limits.filter(({ name }) => name === limit.name).length > 1) throw new SluiceError(SLUICE_LIMIT_TWICE, { name: limit.name })
    stages[own.order === 'first' ? 0 : 1].push(own.stage(limit, compiler))
  }
  return stages
}

/** The limits that are decided as soon as the request is there. A share waits for its parent. */
function decidedEarly<R>(limits: readonly HttpLimit<R>[]): readonly HttpLimit<R>[] {
  const early: HttpLimit<R>[] = []
  for (const limit of limits) {
    if (stepOf(limit) === 'onRequest first' && (parentOf(limit) === undefined || isShareOf(limit, early))) early.push(limit)
  }
  return early
}

/** The limits of each step between the first and the last. A share waits for its parent, and is decided last. */
function decidedBetween<R>(limits: readonly HttpLimit<R>[]): ReadonlyMap<Step, readonly HttpLimit<R>[]> {
  const between = new Map<Step, HttpLimit<R>[]>()
  for (const limit of limits) {
    const step = stepOf(limit)
    if (step === 'onRequest first' || step === 'preHandler last' || parentOf(limit) !== undefined) continue
    between.set(step, [...(between.get(step) ?? []), limit])
  }
  return between
}

/** The name of the limit that a share is a part of. */
function parentOf<R>({ rule }: HttpLimit<R>): string | undefined {
  return typeof rule === 'object' && rule !== null && 'parent' in rule ? (rule.parent as string) : undefined
}

function isShareOf<R>(limit: HttpLimit<R>, parents: readonly HttpLimit<R>[]): boolean {
  return parents.some(({ name }) => name === parentOf(limit))
}
