/** The cost of a request: units, units by limit name, or a function of the route that returns either. */
import { type Cost, type MaybePromise, SluiceError } from '@sluice/core'
import { type FunctionTime, isPromise, isUnitsByName, SLUICE_COST, SLUICE_LIMIT_UNKNOWN } from '@sluice/core/internal'
import { attempt, functionFault } from '../attempt.ts'
import type { RouteOptions } from '../http-limit.ts'
import type { StageSubject } from './core-limit.ts'

/** The cost of a request; `null` refuses it, since its cost is not known. */
export type RouteCost<R> = (subject: StageSubject<R>) => MaybePromise<Cost | null>

/**
 * The cost function of a route. It is called once for each request, however many stages need the cost.
 * @param names - of the limits that it may name; `null` where they cannot be listed
 * @param shouldContinue - called with a failure: whether the request goes on all the same. It then costs one unit.
 */
export function routeCost<R>(
  cost: Extract<RouteOptions<R>['cost'], (...args: never) => unknown>,
  names: readonly string[] | null,
  shouldContinue: (error: SluiceError, about: StageSubject<R>) => boolean,
  time: FunctionTime,
): RouteCost<R> {
  const called = { time, name: 'cost' }
  const failed = (cause: unknown, about: StageSubject<R>): Cost | null => (shouldContinue(functionFault('cost', cause), about) ? 1 : null)
  const ask = ({ request, http }: StageSubject<R>): MaybePromise<Cost> => {
    const answer = cost(request, http)
    return isPromise(answer) ? answer.then((late) => checkedCost(late, names)) : checkedCost(answer, names)
  }
  return (subject) =>
    subject.once(ask, () =>
      attempt<Cost, Cost | null>(
        () => ask(subject),
        (cause) => failed(cause, subject),
        called,
      ),
    )
}

/** A cost, checked. @throws SluiceError `SLUICE_COST`, `SLUICE_LIMIT_UNKNOWN` */
export function checkedCost(cost: unknown, names: readonly string[] | null): Cost {
  if (!isUnitsByName(cost)) checkUnits('this route', cost)
  else {
    for (const [name, units] of Object.entries(cost)) {
      if (names?.includes(name) === false) throw new SluiceError(SLUICE_LIMIT_UNKNOWN, { name, choices: names })
      checkUnits(name, units)
    }
  }
  return cost as Cost
}

/** @throws SluiceError `SLUICE_COST` unless `units` can be charged */
export function checkUnits(name: string, units: unknown): void {
  if (typeof units !== 'number' || !Number.isSafeInteger(units) || units < 0) throw new SluiceError(SLUICE_COST, { name, value: units })
}
