/** A stage: limits of a request that are decided together, in one atomic step. */
import { type Cost, type Decision, type Limiter, type MaybePromise, type Reservation, type Store, skip } from '@sluice/core'
import { andThen, type FunctionTime, isPromise, type RequestOption, requestOfCall, storeOf, unavailable } from '@sluice/core/internal'
import { attempt, functionFault } from '../attempt.ts'
import { SLUICE_SUBJECT, SluiceError } from '../errors.ts'
import type { Bound, HttpLimit, ResponseFacts, Settle } from '../http-limit.ts'
import type { HttpSubject, StageSubject } from './core-limit.ts'
import type { RouteCost } from './route-cost.ts'
import type { LimitSettle, RouteSettle } from './route-settle.ts'
import { type SlowLimit, slowLimitOf } from './slow-limit.ts'

/** One atomic decision of a request. */
export interface Stage<R> {
  readonly store: Store | undefined
  /** Decides and charges, on top of what earlier stages hold; `null` where nothing applies to this request. */
  reserve(subject: StageSubject<R>, extend: readonly Reservation[]): MaybePromise<Reservation | null>
  /** The status of its limits now. It charges nothing. */
  look(subject: StageSubject<R>): MaybePromise<Decision | null>
  /**
   * Whether it may charge what must not outlive its request: slots, and units that are settled by the response. Known before traffic, so
   * that the end of a request is watched only where something can depend on it. A listener costs as much as a decision in memory.
   */
  readonly mayHold: boolean
  /** How its limits are settled when the response has ended: by a function, or by charging the units that were checked. */
  readonly settles: ReadonlyMap<string, LimitSettle<R> | 'asDecided'>
  /** Its limits that slow requests down; `undefined` where there is none. */
  readonly slows?: readonly SlowLimit<R>[] | undefined
  /** The definition of a limit; a bound limiter keeps its own to itself. */
  limitNamed(name: string): HttpLimit<R> | undefined
  /** The limiter of the application, and the units that each request takes of it; `null` for a guard's own limits. */
  readonly bound: { readonly limiter: object; readonly units: number } | null
  /** Called with the end of the response for each reservation that still holds something, before that is settled. */
  ended?(reservation: Reservation, response: ResponseFacts): void
  /** Called with what failed after the response, when no caller waits for an answer. */
  onFault(error: SluiceError, limit: string | null, about: HttpSubject<R>): void
}

/** What a stage of a guard's own limits is made of. */
export interface LimitsStage<R> {
  readonly limits: readonly HttpLimit<R>[]
  readonly limiter: Limiter<HttpSubject<R>>
  /** Units, or a function that returns them. A name that is no limit of this stage belongs to another stage. */
  readonly cost: Cost | RouteCost<R>
  /** The settlement of the route, for limits without one of their own. */
  readonly settle: RouteSettle<R> | undefined
  readonly onFault: Stage<R>['onFault']
  /** The time that functions of the application have. */
  readonly time: FunctionTime
}

/** A stage of a guard's own limits. */
export function limitsStage<R>({ limits, limiter, cost, settle, onFault, time }: LimitsStage<R>): Stage<R> {
  const byName = new Map(limits.map((limit) => [limit.name, limit]))
  const settles = settlesOf(limits, settle, time)
  const slows = limits.map(slowLimitOf).filter((limit) => limit !== undefined)
  const isOwn = (name: string): boolean => byName.has(name)
  const charge = (subject: StageSubject<R>, units: Cost | null, extend: readonly Reservation[]): MaybePromise<Reservation> => {
    // Nearly every request costs 1, which the limiter takes by default.
    if (units === 1 && extend.length === 0) return limiter.reserve(subject)
    return units === null ? denial() : limiter.reserve(subject, { cost: costOf(units, isOwn), extend })
  }
  /** Apart from `reserve`, where its closure would make every call allocate. */
  const ask = (subject: StageSubject<R>, routeCost: RouteCost<R>, extend: readonly Reservation[]): MaybePromise<Reservation> =>
    andThen(routeCost(subject), (units) => charge(subject, units, extend))
  return {
    store: storeOf(limiter),
    mayHold: settles.size > 0 || limits.some(({ rule }) => typeof rule === 'function' || (typeof rule === 'object' && 'leaseMs' in rule)),
    settles,
    slows: slows.length === 0 ? undefined : slows,
    bound: null,
    onFault,
    limitNamed: (name) => byName.get(name),
    reserve(subject, extend) {
      return typeof cost === 'function' ? ask(subject, cost, extend) : charge(subject, cost, extend)
    },
    look: (subject) => limiter.peek(subject, { cost: 0 }),
  }
}

/** How each limit is settled: as it defines itself, as its route does, or by the units that were checked. */
function settlesOf<R>(limits: readonly HttpLimit<R>[], routeSettle: RouteSettle<R> | undefined, time: FunctionTime): Stage<R>['settles'] {
  const settles = new Map<string, LimitSettle<R> | 'asDecided'>()
  for (const limit of limits) {
    const { name, debit, settle } = limit
    if (settle !== undefined) settles.set(name, inTime(settle, name, time))
    else if (routeSettle !== undefined) settles.set(name, routeSettle(limit))
    else if (debit === 'after') settles.set(name, 'asDecided')
  }
  return settles
}

/** A settlement that fails if it takes too long. */
function inTime<R>(settle: Settle<R>, name: string, time: FunctionTime): LimitSettle<R> {
  return (response, { request, http }) => {
    const units = settle(response, request, http)
    return isPromise(units) ? time.within(units, { function: 'settle', name }) : units
  }
}

/** What a stage of a limiter of the application is made of, beside the limiter. */
export interface BoundStage<R> {
  /** Units, or a function that returns them. */
  readonly cost: Cost | RouteCost<R>
  /** Whether a name in the cost is that of a limit of the guard's own. */
  isOwn(name: string): boolean
  readonly onFault: Stage<R>['onFault']
  /** Called with the fault of the limiter or its subject function. @returns whether the request goes on without it */
  shouldContinue(error: SluiceError, about: HttpSubject<R>): boolean
  /** The time that the subject function has. */
  readonly time: FunctionTime
}

/** A stage of a limiter that the application made for subjects of its own. */
export function boundStage<R>(
  { limiter, subject: subjectOf }: Bound<R>,
  { cost, isOwn, onFault, shouldContinue, time }: BoundStage<R>,
): Stage<R> {
  // What `subject` returns fits its limiter: the types of `bind` have checked the two against each other.
  const bound = limiter as Limiter<unknown>
  const called = { time, name: 'subject' }
  const failed = (cause: unknown, about: HttpSubject<R>): Reservation | null =>
    shouldContinue(functionFault('subject', cause), about) ? null : denial()
  const isBound = (name: string): boolean => !isOwn(name)
  const charge = (
    own: unknown,
    units: Cost | null,
    extend: readonly Reservation[],
    request: StageSubject<R>,
  ): MaybePromise<Reservation | null> => {
    if (units === null) return denial()
    // Its subject does not stand for the request, which events name.
    const options = { cost: costOf(units, isBound), extend, [requestOfCall]: request } as RequestOption
    return attempt(
      () => bound.reserve(own, options),
      (cause) => failed(cause, request),
    )
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
      // The subject is wrapped, so that no subject passes for the failure of its function.
      const known = attempt(
        () => andThen(subjectOf(subject.request, subject.http), subjectFound),
        (cause) => ({ failure: failed(cause, subject) }),
        called,
      )
      return andThen(known, (answer) => {
        if ('failure' in answer) return answer.failure
        if (answer.own === skip) return null
        return typeof cost === 'function'
          ? andThen(cost(subject), (units) => charge(answer.own, units, extend, subject))
          : charge(answer.own, cost, extend, subject)
      })
    },
    // The function has answered before. A failure now leaves a number out, and nothing else.
    look: ({ request, http }) =>
      attempt(
        () => andThen(subjectOf(request, http), (own) => (own === skip ? null : bound.peek(own, { cost: 0 }))),
        () => null,
        called,
      ),
  }
}

/** @throws SluiceError `SLUICE_SUBJECT` for `null`, which a client can send */
function subjectFound(own: unknown): { readonly own: unknown } {
  if (own === null) throw new SluiceError(SLUICE_SUBJECT)
  return { own }
}

/** A cost without the names of other stages; a number is for all limits. */
function costOf(cost: Cost, isMeant: (name: string) => boolean): Cost {
  if (typeof cost === 'number') return cost
  return Object.fromEntries(Object.entries(cost).filter(([name]) => isMeant(name)))
}

/** Refuses every request: for one whose conditions have failed, so that it is unknown whether it is guarded. */
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
export function denial(): Reservation {
  const nothing = (): void => undefined
  return {
    decision: unavailable([], '0'),
    settle: nothing,
    cancel: nothing,
    renew: () => false,
    [Symbol.asyncDispose]: async () => undefined,
  }
}
