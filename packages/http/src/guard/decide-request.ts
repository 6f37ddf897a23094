/**
 * Deciding one request: the lists of addresses, the conditions of its plan, then its stages in order.
 *
 * One loop goes through conditions and stages, and goes on from one place where an answer is a promise.
 */
import { type MaybePromise, type Refused, type Reservation, SluiceError } from '@sluice/core'
import { andThen, checkCondition, isPromise, SLUICE_ADDRESS } from '@sluice/core/internal'
import { matchesAny } from '../address/cidr.ts'
import { attempt, functionFault } from '../attempt.ts'
import { addressOf, isPreflight } from '../http-facts.ts'
import type { RefusalStatus } from '../http-limit.ts'
import { clientGone, denialOf, type Refusal, type RefusalFacts } from '../refusal/refusal.ts'
import type { Adapter } from './adapter.ts'
import type { Plan } from './compile-route.ts'
import type { HttpSubject } from './core-limit.ts'
import type { RequestContext } from './request-context.ts'
import type { Settings } from './settings.ts'
import type { SlowDowns, Slowed } from './slow-down.ts'
import { denial, denyingStage, type Stage } from './stage.ts'

/** What a guard hands over for its requests to be decided. */
export interface RequestDecider<R> {
  readonly settings: Settings
  readonly slowDowns: SlowDowns<R>
  /** Whether a preflight is cancelled where no handler of the application ran; `null` where it never is. */
  readonly handled: NonNullable<Adapter<R>['handled']> | null
  /** Writes a refusal. */
  refusalOf(facts: RefusalFacts<R>): MaybePromise<Refusal>
  /** Called with the fault of a function of the application. @returns whether the request goes on all the same */
  shouldContinue(error: SluiceError, about: HttpSubject<R>): boolean
}

/** The answer of a condition; `deny` where it failed, and faults are to be denied. */
type Condition = 'applies' | 'skip' | 'deny'

/** The answer of a condition or of a stage. A stage without a limit that applies answers `null`. */
type Answer = Condition | Reservation | null

/** Decides one request. @returns the refusal, or `null` to go on */
export function decideRequest<R>(
  decider: RequestDecider<R>,
  context: RequestContext<R>,
  plan: Plan<R>,
  stages: readonly Stage<R>[],
): MaybePromise<Refusal | null> {
  const { settings } = decider
  if (stages.length === 0 && !settings.screens) return null
  if (settings.hasLists) {
    const listed = screen(decider, context)
    if (listed === 'deny') return deny(decider, context)
    if (listed !== 'applies') return listed === 'skip' ? null : listed
    // Conditions are not asked before the first stage, where the user may not be known.
    if (stages.length === 0) return null
  }
  if (settings.preflight === 'skip' && isPreflight(context.http)) return null
  return decideFrom(decider, context, plan, stages, 0, undefined)
}

/** Checks the deny list, then the allow list. They hold whatever the route, the method and the plan. */
function screen<R>({ settings, shouldContinue }: RequestDecider<R>, context: RequestContext<R>): Condition | Refusal {
  const { http } = context
  const address = addressOf(http)
  if (address !== null) {
    if (matchesAny(settings.denyList, address)) return denialOf(http)
    return matchesAny(settings.allowList, address) ? 'skip' : 'applies'
  }
  if (!settings.screens) return 'applies'
  // A client that resets its connection right after its request has no address any more, and may need no answer. That is no way around
  // the deny list, whatever `onFault` lets pass.
  shouldContinue(new SluiceError(SLUICE_ADDRESS), context)
  return 'deny'
}

/**
 * The loop: first the conditions of the plan, then the stages.
 * @param from - index of the first of both that has not answered yet
 * @param late - its answer, where that came later
 */
function decideFrom<R>(
  decider: RequestDecider<R>,
  context: RequestContext<R>,
  plan: Plan<R>,
  stages: readonly Stage<R>[],
  from: number,
  late: { readonly answer: Answer } | undefined,
): MaybePromise<Refusal | null> {
  const conditions = plan.when.length
  for (let at = from; at < conditions + stages.length; at++) {
    const answer = at === from && late !== undefined ? late.answer : ask(decider, context, plan, stages, at)
    if (isPromise(answer)) return resume(decider, context, plan, stages, at, answer)
    if (answer === null || answer === 'applies') continue
    if (answer === 'skip') return null
    if (answer === 'deny') return deny(decider, context)
    const stage = stages[at - conditions]!
    const refused = context.ledger.enter({ stage, reservation: answer, subject: context })
    if (refused !== null) return refuse(decider, context, stages, refused)
    if (stage.slows === undefined) continue
    const slowed = decider.slowDowns.slow(stage.slows, answer.decision, context)
    if (slowed !== null) return afterSlowing(decider, context, plan, stages, at, slowed)
  }
  return null
}

/** The one place where the loop waits. A function of its own: a closure in the loop would make every request allocate. */
function resume<R>(
  decider: RequestDecider<R>,
  context: RequestContext<R>,
  plan: Plan<R>,
  stages: readonly Stage<R>[],
  at: number,
  late: Promise<Answer>,
): Promise<Refusal | null> {
  return late.then((answer) => decideFrom(decider, context, plan, stages, at, { answer }))
}

/** Goes on with a request that had to wait. Apart from the loop, as `resume` is. */
function afterSlowing<R>(
  decider: RequestDecider<R>,
  context: RequestContext<R>,
  plan: Plan<R>,
  stages: readonly Stage<R>[],
  at: number,
  slowed: MaybePromise<Slowed>,
): MaybePromise<Refusal | null> {
  return andThen(slowed, (how) => {
    if (how === null) return decideFrom(decider, context, plan, stages, at + 1, undefined)
    if (how === 'gone') return clientGone
    return refuse(decider, context, stages, context.ledger.enter({ stage: denyingStage, reservation: how, subject: context }))
  })
}

/** Asks the condition or the stage at an index. */
function ask<R>(
  decider: RequestDecider<R>,
  context: RequestContext<R>,
  { when }: Plan<R>,
  stages: readonly Stage<R>[],
  at: number,
): MaybePromise<Answer> {
  if (at < when.length) return askCondition(decider, context, when[at]!)
  const { http, ledger } = context
  if (decider.handled !== null && at === when.length && http.method === 'OPTIONS') cancelPreflight(decider.handled, context)
  const stage = stages[at - when.length]!
  const reservation = stage.reserve(context, ledger.held(stage.store))
  // The client may go while this is answered, and what it answers must not stay.
  if (stage.mayHold && isPromise(reservation)) ledger.watchEnd()
  return reservation
}

/** A condition is called once a request: two stages of it might get different answers. */
function askCondition<R>(
  { settings, shouldContinue }: RequestDecider<R>,
  context: RequestContext<R>,
  condition: Plan<R>['when'][number],
): MaybePromise<Condition> {
  const { request, http } = context
  const call = (): MaybePromise<Condition> =>
    andThen(condition(request, http), (applies) => (checkCondition(applies, null) ? 'applies' : 'skip'))
  const failed = (cause: unknown): Condition => (shouldContinue(functionFault('when', cause), context) ? 'skip' : 'deny')
  return context.once(condition, () => attempt(call, failed, { time: settings.time, name: 'when' }))
}

/** A preflight is charged like any request. Where CORS answers it, without a handler of the application, it costs nothing in the end. */
function cancelPreflight<R>(handled: NonNullable<Adapter<R>['handled']>, { request, http, ledger }: RequestContext<R>): void {
  if (isPreflight(http)) ledger.cancelIf((response) => !handled(request, response))
}

/** Refuses a request for which it is unknown whether it is limited. */
function deny<R>(decider: RequestDecider<R>, context: RequestContext<R>): MaybePromise<Refusal | null> {
  return refuse(decider, context, [], context.ledger.enter({ stage: denyingStage, reservation: denial(), subject: context }))
}

function refuse<R>(
  { refusalOf, settings }: RequestDecider<R>,
  { request, http, ledger }: RequestContext<R>,
  stages: readonly Stage<R>[],
  refusal: MaybePromise<Refused | null>,
): MaybePromise<Refusal | null> {
  const statusOf = (name: string): RefusalStatus => {
    for (const stage of stages) {
      const limit = stage.limitNamed(name)
      if (limit !== undefined) return limit.status ?? settings.status
    }
    return settings.status
  }
  return andThen(refusal, (refused) => {
    if (refused === null) return null
    const limits = ledger.limits()
    const quota = ledger.quota()
    const withdrawn = quota.length > 0 ? [] : ledger.headers.flatMap((headers) => headers.quotaNames)
    return refusalOf({ refused, limits, quota, withdrawn, request, http, statusOf })
  })
}
