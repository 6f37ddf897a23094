/** A stage: limits of a request that are decided together, in one atomic step. */
import {
  andThen,
  type Cost,
  isPromise,
  type Limiter,
  type MaybePromise,
  type Reservation,
  SluiceError,
  type Store,
  storeOf,
  unavailable,
} from '@sluice/core'
import type { HttpSubject } from './core-limit.ts'
import type { Bound, HttpLimit, RouteOptions, Settle } from './http-limit.ts'

/** One atomic decision of a request. */
export interface Stage<R> {
  readonly store: Store | undefined
  /** Decides and charges, on top of what earlier stages hold; `null` where nothing applies to this request. */
  reserve(subject: HttpSubject<R>, extend: readonly Reservation[]): MaybePromise<Reservation | null>
  /** How its limits are settled when the response has ended: by a function, or by charging what was checked. */
  readonly settles: ReadonlyMap<string, Settle<R> | 'asDecided'>
  /** The definition of a limit; a bound limiter keeps its own to itself. */
  limitNamed(name: string): HttpLimit<R> | undefined
  readonly isBound: boolean
}

/** What a stage of a guard's own limits is made of. */
export interface LimitsStage<R> extends Pick<RouteOptions<R>, 'cost' | 'settle'> {
  readonly limits: readonly HttpLimit<R>[]
  readonly limiter: Limiter<HttpSubject<R>>
  /** Told of a cost function that failed: throws, or answers the cost to go on with, or `null` to refuse. */
  onCostFault(error: SluiceError): Cost | null
}

/** A stage of a guard's own limits. */
export function limitsStage<R>({ limits, limiter, cost, settle, onCostFault }: LimitsStage<R>): Stage<R> {
  const byName = new Map(limits.map((limit) => [limit.name, limit]))
  const settles = new Map<string, Settle<R> | 'asDecided'>()
  for (const limit of limits) {
    const truth = limit.settle ?? (limit.cost === undefined ? settle : undefined) ?? (limit.debit === 'after' ? 'asDecided' : undefined)
    if (truth !== undefined) settles.set(limit.name, truth)
  }
  const charge = (subject: HttpSubject<R>, units: Cost | null, extend: readonly Reservation[]): MaybePromise<Reservation> =>
    units === null ? refusing(limits.map((limit) => limit.name)) : limiter.reserve(subject, { cost: units, extend })
  return {
    store: storeOf(limiter),
    settles,
    isBound: false,
    limitNamed: (name) => byName.get(name),
    reserve(subject, extend) {
      if (typeof cost !== 'function') return charge(subject, cost ?? 1, extend)
      return andThen(askCost(cost, subject, byName, onCostFault), (units) => charge(subject, units, extend))
    },
  }
}

/** A stage of a limiter that the application made for subjects of its own. */
export function boundStage<R>({ limiter, subject: subjectOf }: Bound<R>, cost: RouteOptions<R>['cost']): Stage<R> {
  // What `subject` answers fits its limiter: `bind` has checked the two against each other.
  const bound = limiter as Limiter<unknown>
  return {
    store: storeOf(limiter),
    settles: new Map(),
    isBound: true,
    limitNamed: () => undefined,
    reserve: ({ request, http }, extend) =>
      andThen(subjectOf(request, http) as MaybePromise<unknown>, (subject) => {
        if (subject === null) return null
        return bound.reserve(subject, { cost: typeof cost === 'number' ? cost : undefined, extend })
      }),
  }
}

function askCost<R>(
  cost: Exclude<RouteOptions<R>['cost'], number | undefined>,
  { request, http }: HttpSubject<R>,
  limits: ReadonlyMap<string, unknown>,
  onCostFault: LimitsStage<R>['onCostFault'],
): MaybePromise<Cost | null> {
  const failed = (cause: unknown): Cost | null => onCostFault(cause instanceof SluiceError ? cause : costFailed([...limits.keys()], cause))
  try {
    const units = cost(request, http)
    return isPromise(units) ? units.then((late) => checked(late, limits)).catch(failed) : checked(units, limits)
  } catch (cause) {
    return failed(cause)
  }
}

function costFailed(names: readonly string[], cause: unknown): SluiceError {
  return new SluiceError('SLUICE_FUNCTION', { function: 'cost', name: names.join(', ') }, { cause })
}

function checked(cost: unknown, limits: ReadonlyMap<string, unknown>): Cost {
  const named = typeof cost === 'object' && cost !== null ? Object.entries(cost) : [['this route', cost] as const]
  for (const [name, units] of named) {
    if (typeof cost === 'object' && !limits.has(name)) throw new SluiceError('SLUICE_LIMIT_UNKNOWN', { name, choices: [...limits.keys()] })
    if (typeof units !== 'number' || !Number.isSafeInteger(units) || units < 0) throw new SluiceError('SLUICE_COST', { name, value: units })
  }
  return cost as Cost
}

/** The reservation of a request that is refused because a function of the application failed. */
function refusing(limits: readonly string[]): Reservation {
  const nothing = (): void => undefined
  return { decision: unavailable(limits, '0'), settle: nothing, cancel: nothing, [Symbol.asyncDispose]: async () => undefined }
}
