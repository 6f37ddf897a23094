/** What a request costs, where a function of the route says so. */
import { type Cost, type MaybePromise, SluiceError } from '@sluice/core'
import { type FunctionTime, isPromise } from '@sluice/core/internal'
import type { RouteOptions } from '../http-limit.ts'
import { attempt, functionFault } from './attempt.ts'
import type { HttpSubject } from './core-limit.ts'

/** The cost of a request; `null` refuses it, since nobody can say. */
export type RouteCost<R> = (subject: HttpSubject<R>) => MaybePromise<Cost | null>

/**
 * Asks a cost function once for each request, however many stages want to know.
 * @param names - of the limits that it may name; `null` where nobody can list them
 * @param survives - told of a failure: whether the request goes on all the same. Nothing is known then, so it costs one unit.
 */
export function routeCost<R>(
  cost: Extract<RouteOptions<R>['cost'], (...asked: never) => unknown>,
  names: readonly string[] | null,
  survives: (error: SluiceError) => boolean,
  time: FunctionTime,
): RouteCost<R> {
  const asked = new WeakMap<HttpSubject<R>, MaybePromise<Cost | null>>()
  const called = { time, name: 'cost' }
  const failed = (cause: unknown): Cost | null => (survives(functionFault('cost', cause)) ? 1 : null)
  const ask = ({ request, http }: HttpSubject<R>): MaybePromise<Cost> => {
    const answer = cost(request, http)
    return isPromise(answer) ? answer.then((late) => checkedCost(late, names)) : checkedCost(answer, names)
  }
  return (subject) => {
    const known = asked.get(subject)
    if (known !== undefined) return known
    const units = attempt<Cost, Cost | null>(() => ask(subject), failed, called)
    asked.set(subject, units)
    return units
  }
}

/** The cost itself, said outright. @throws SluiceError `SLUICE_COST`, `SLUICE_LIMIT_UNKNOWN` */
export function checkedCost(cost: unknown, names: readonly string[] | null): Cost {
  if (typeof cost !== 'object' || cost === null) checkUnits('this route', cost)
  else {
    for (const [name, units] of Object.entries(cost)) {
      if (names?.includes(name) === false) throw new SluiceError('SLUICE_LIMIT_UNKNOWN', { name, choices: names })
      checkUnits(name, units)
    }
  }
  return cost as Cost
}

/** @throws SluiceError `SLUICE_COST` unless `units` can be charged */
export function checkUnits(name: string, units: unknown): void {
  if (typeof units !== 'number' || !Number.isSafeInteger(units) || units < 0) throw new SluiceError('SLUICE_COST', { name, value: units })
}
