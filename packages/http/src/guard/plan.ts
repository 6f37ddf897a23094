/** A plan: what guards the requests of one route, its outer limits included. */
import type { HttpLimit, RouteOptions } from '../http-limit.ts'

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

/** What a route adds to a plan: its limits come after the outer ones, its cost and settlement replace theirs. */
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
