/** A stage: limits of a request that are decided together, in one atomic step. */
import type { Cost, Decision, Limiter, MaybePromise, Reservation, SluiceError, Store } from '@sluice/core'
import { andThen, type FunctionTime, isPromise, storeOf, unavailable } from '@sluice/core/internal'
import type { Bound, HttpLimit, ResponseFacts, RouteOptions, Settle } from '../http-limit.ts'
import { attempt, functionFault } from './attempt.ts'
import type { HttpSubject } from './core-limit.ts'
import type { RouteCost } from './route-cost.ts'

/** One atomic decision of a request. */
export interface Stage<R> {
  readonly store: Store | undefined
  /** Decides and charges, on top of what earlier stages hold; `null` where nothing applies to this request. */
  reserve(subject: HttpSubject<R>, extend: readonly Reservation[]): MaybePromise<Reservation | null>
  /** How its limits stand, charging nobody. */
  look(subject: HttpSubject<R>): MaybePromise<Decision | null>
  /**
   * Whether it may charge what must not outlive its request: slots, and units that are settled by the response. Known before traffic, so
   * that the end of a request is watched only where something can depend on it: a listener costs as much as a decision in memory.
   */
  readonly mayHold: boolean
  /** How its limits are settled when the response has ended: by a function, or by charging what was checked. */
  readonly settles: ReadonlyMap<string, Settle<R> | 'asDecided'>
  /** The definition of a limit; a bound limiter keeps its own to itself. */
  limitNamed(name: string): HttpLimit<R> | undefined
  /** The limiter of the application that is asked, and for how many units; `null` for a guard's own limits. */
  readonly bound: { readonly limiter: object; readonly units: number } | null
  /** Told how the response to a request has ended that it still holds something for, before that is settled. */
  ended?(reservation: Reservation, response: ResponseFacts): void
  /** Told of what failed after the response, when nobody waits for an answer. */
  onFault(error: SluiceError, limit: string | null): void
}

/** What a stage of a guard's own limits is made of. */
export interface LimitsStage<R> extends Pick<RouteOptions<R>, 'settle'> {
  readonly limits: readonly HttpLimit<R>[]
  readonly limiter: Limiter<HttpSubject<R>>
  /** Units, or how to learn them; what is named that is not a limit of this stage is not its concern. */
  readonly cost: Cost | RouteCost<R>
  readonly onFault: Stage<R>['onFault']
  /** The time that functions of the application have. */
  readonly time: FunctionTime
}

/** A stage of a guard's own limits. */
export function limitsStage<R>({ limits, limiter, cost, settle, onFault, time }: LimitsStage<R>): Stage<R> {
  const byName = new Map(limits.map((limit) => [limit.name, limit]))
  const settles = new Map<string, Settle<R> | 'asDecided'>()
  for (const limit of limits) {
    const truth = limit.settle ?? (limit.cost === undefined ? settle : undefined) ?? (limit.debit === 'after' ? 'asDecided' : undefined)
    if (truth !== undefined) settles.set(limit.name, truth === 'asDecided' ? truth : inTime(truth, limit.name, time))
  }
  const isMeant = (name: string): boolean => byName.has(name)
  const charge = (subject: HttpSubject<R>, units: Cost | null, extend: readonly Reservation[]): MaybePromise<Reservation> => {
    // What nearly every request asks for is what the limiter takes without being told.
    if (units === 1 && extend.length === 0) return limiter.reserve(subject)
    return units === null ? denial() : limiter.reserve(subject, { cost: namedBy(units, isMeant), extend })
  }
  /** Apart from `reserve`, where its closure would make every call allocate. */
  const ask = (subject: HttpSubject<R>, price: RouteCost<R>, extend: readonly Reservation[]): MaybePromise<Reservation> =>
    andThen(price(subject), (units) => charge(subject, units, extend))
  return {
    store: storeOf(limiter),
    mayHold: settles.size > 0 || limits.some(({ rule }) => typeof rule === 'function' || 'leaseMs' in rule),
    settles,
    bound: null,
    onFault,
    limitNamed: (name) => byName.get(name),
    reserve(subject, extend) {
      return typeof cost === 'function' ? ask(subject, cost, extend) : charge(subject, cost, extend)
    },
    look: (subject) => limiter.peek(subject, { cost: 0 }),
  }
}

/** A settlement that is over at its time. */
function inTime<R>(settle: Settle<R>, name: string, time: FunctionTime): Settle<R> {
  return (response, request, http) => {
    const units = settle(response, request, http)
    return isPromise(units) ? time.within(units, { function: 'settle', name }) : units
  }
}

/** What a stage of a limiter that the application made needs to know of its guard. */
export interface BoundStage<R> {
  /** Units, or how to learn them. */
  readonly cost: Cost | RouteCost<R>
  /** Whether a name in the cost is that of a limit of the guard's own. */
  isOwn(name: string): boolean
  readonly onFault: Stage<R>['onFault']
  /** Told that the limiter or its subject failed: whether the request goes on without it. */
  survives(error: SluiceError): boolean
  /** The time that the subject function has. */
  readonly time: FunctionTime
}

/** A stage of a limiter that the application made for subjects of its own. */
export function boundStage<R>(
  { limiter, subject: subjectOf }: Bound<R>,
  { cost, isOwn, onFault, survives, time }: BoundStage<R>,
): Stage<R> {
  // What `subject` answers fits its limiter: `bind` has checked the two against each other.
  const bound = limiter as Limiter<unknown>
  const called = { time, name: 'subject' }
  const failed = (cause: unknown): Reservation | null => (survives(functionFault('subject', cause)) ? null : denial())
  const charge = (who: unknown, units: Cost | null, extend: readonly Reservation[]): MaybePromise<Reservation | null> => {
    if (units === null) return denial()
    return attempt(() => bound.reserve(who, { cost: namedBy(units, (name) => !isOwn(name)), extend }), failed)
  }
  return {
    store: storeOf(limiter),
    // Its limits are its own, and may change while it runs.
    mayHold: true,
    settles: new Map(),
    bound: { limiter, units: typeof cost === 'number' ? cost : 1 },
    onFault,
    limitNamed: () => undefined,
    reserve(subject, extend) {
      // What the subject function rejects with is told apart from what it answers by its wrapping.
      const known = attempt(
        () => andThen(subjectOf(subject.request, subject.http), (who) => ({ who })),
        (cause) => ({ failure: failed(cause) }),
        called,
      )
      return andThen(known, (asked) => {
        if ('failure' in asked) return asked.failure
        if (asked.who === null) return null
        return typeof cost === 'function'
          ? andThen(cost(subject), (units) => charge(asked.who, units, extend))
          : charge(asked.who, cost, extend)
      })
    },
    // It was asked before, and what fails now only leaves a number unsaid.
    look: ({ request, http }) =>
      attempt(
        () => andThen(subjectOf(request, http), (who) => (who === null ? null : bound.peek(who, { cost: 0 }))),
        () => null,
        called,
      ),
  }
}

/** A cost without the names that are not meant; a number is meant for all. */
function namedBy(cost: Cost, isMeant: (name: string) => boolean): Cost {
  if (typeof cost === 'number') return cost
  return Object.fromEntries(Object.entries(cost).filter(([name]) => isMeant(name)))
}

/** Refuses whatever comes: for a request of which nobody can say whether it is guarded. */
export const denyingStage: Stage<unknown> = {
  store: undefined,
  mayHold: false,
  settles: new Map(),
  bound: null,
  onFault: () => undefined,
  limitNamed: () => undefined,
  reserve: denial,
  look: () => null,
}

/** The reservation of a request that is refused because a function of the application failed. */
function denial(): Reservation {
  const nothing = (): void => undefined
  return {
    decision: unavailable([], '0'),
    settle: nothing,
    cancel: nothing,
    renew: () => false,
    [Symbol.asyncDispose]: async () => undefined,
  }
}
