/** The settlement of a route: one function for all its limits, called once for each request. */
import type { Cost, MaybePromise } from '@sluice/core'
import type { FunctionTime } from '@sluice/core/internal'
import { andThen } from '@sluice/core/internal'
import { attempt, functionFault } from '../attempt.ts'
import type { HttpLimit, ResponseFacts, RouteOptions } from '../http-limit.ts'
import type { StageSubject } from './core-limit.ts'
import { checkedCost } from './route-cost.ts'
import type { Stage } from './stage.ts'

/** How one limit is settled after a response: units finally charged; `undefined` keeps the estimate. */
export type LimitSettle<R> = (response: ResponseFacts, subject: StageSubject<R>) => MaybePromise<number | undefined>

/** Makes the settlement of each limit of a route. */
export type RouteSettle<R> = (limit: HttpLimit<R>) => LimitSettle<R>

/** What the settlement of a route is made with. */
export interface RouteSettleOptions<R> {
  /** Of the limits that it may name. */
  readonly names: readonly string[]
  readonly onFault: Stage<R>['onFault']
  /** The time that functions of the application have. */
  readonly time: FunctionTime
}

/**
 * The settlement of a route. Its function is called once for each request, however many limits it settles. A number is for limits without
 * a cost of their own. A function that fails is one fault, and every limit keeps its estimate.
 */
export function routeSettle<R>(
  settle: NonNullable<RouteOptions<R>['settle']>,
  { names, onFault, time }: RouteSettleOptions<R>,
): RouteSettle<R> {
  const called = { time, name: 'settle' }
  const checked = (cost: Cost | undefined): Cost => (cost === undefined ? keepsAll : checkedCost(cost, names))
  const failed = (cause: unknown, about: StageSubject<R>): Cost => {
    onFault(functionFault('settle', cause), null, about)
    return keepsAll
  }
  const ask = (response: ResponseFacts, subject: StageSubject<R>): MaybePromise<Cost> =>
    attempt(
      () => andThen(settle(response, subject.request, subject.http), checked),
      (cause) => failed(cause, subject),
      called,
    )
  return ({ name, cost: own }) => {
    const unitsIn = (cost: Cost): number | undefined => {
      if (typeof cost === 'number') return own === undefined ? cost : undefined
      return Object.hasOwn(cost, name) ? cost[name] : undefined
    }
    return (response, subject) => {
      const answer = subject.once(ask, () => ask(response, subject))
      return andThen(answer, unitsIn)
    }
  }
}

/** Names no limit, so that each keeps its estimate. */
const keepsAll: Cost = Object.freeze({})
