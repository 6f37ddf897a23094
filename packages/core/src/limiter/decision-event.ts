/** The event of a decision: which limits it was about, under which keys, and for which request. Nothing here runs without a listener. */
import type { Decision, LimitStatus } from '../decision.ts'
import { outcomeAt, outcomes } from '../decision-counts.ts'
import { parseKey } from '../key.ts'
import type { DecidedLimit, DecisionEvent, DecisionVerb } from '../limiter-event.ts'
import type { Observers } from '../observe.ts'
import { type CallWithRequest, requestOf, requestOfCall } from '../request-of-call.ts'
import type { Charge, LimitFacts, Verdict } from '../store.ts'
import type { CallOptions } from './limiter-contract.ts'
import type { Reservation } from './reservation.ts'

/** The options of a call whose subject does not stand for its request. */
export interface RequestOption extends CallOptions {
  readonly [requestOfCall]?: Partial<CallWithRequest>
}

/** Under this key the options of a `peek` have a function that gets what was looked at. A history of keys is read by it. */
export const keysOfPeek: unique symbol = Symbol('sluice.keysOfPeek')

/** Under this key the options of a `peek` have a function that gets each limit that admits everything. */
export const unlimitedOfPeek: unique symbol = Symbol('sluice.unlimitedOfPeek')

/** The options of a `peek` that wants to know its keys, as texts, and the limits that it does not meet. */
export interface KeysOption extends CallOptions {
  [keysOfPeek]?(limit: string, key: string): void
  [unlimitedOfPeek]?(limit: LimitFacts): void
}

/** What a decision was made of. */
export interface Decided {
  readonly verb: DecisionVerb
  readonly charges: readonly Pick<Charge, 'limit' | 'key'>[]
  readonly verdict: Verdict
  readonly decision: Decision
  readonly options: RequestOption | undefined
  readonly subject: unknown
}

/** Publishes a decision. Call it only where `watched()` is true. */
export function publishDecision({ tell }: Observers, decided: Decided): void {
  const { verb, decision, options, subject } = decided
  const earlier = options?.extend ?? []
  const request = requestOf(standsFor(options, subject))
  tell({
    type: 'decision',
    verb,
    stage: request?.stage ?? earlier.length,
    decision,
    limits: decidedLimits(decided, earlier),
    http: request?.http ?? null,
  } satisfies DecisionEvent)
}

/** What may say which request a call was made for: an object that its options name, or its subject. */
export function standsFor(options: RequestOption | undefined, subject: unknown): unknown {
  return options?.[requestOfCall] ?? subject
}

function decidedLimits({ verb, charges, verdict, decision }: Decided, earlier: readonly Reservation[]): readonly DecidedLimit[] {
  const limitOf = (name: string, status: LimitStatus | null): DecidedLimit => {
    const charge = charges.find(({ limit }) => limit.name === name)
    return {
      limit: name,
      key: charge === undefined ? null : parseKey(charge.key),
      outcome: outcomes[outcomeAt(status)]!,
      again: isAgain(name, earlier),
      charged: decision.allowed && status !== null ? chargedTo(status, verb, verdict) : 0,
      status,
    }
  }
  if (decision.outcome === 'unavailable') return decision.refusedBy.map((name) => limitOf(name, null))
  return verdict.limits.map((status) => limitOf(status.name, status))
}

/** Whether an earlier stage of the request was decided by this limit. */
export function isAgain(name: string, earlier: readonly Reservation[]): boolean {
  return earlier.some((one) => one.decision.limits.some((known) => known.name === name))
}

/** A reservation knows what it holds. Any other call pays its cost, except for a shadow limit that could not. */
function chargedTo({ name, allowed, cost }: LimitStatus, verb: DecisionVerb, { hold }: Verdict): number {
  if (verb === 'reserve') return hold?.entries.find(({ limit }) => limit.name === name)?.units ?? 0
  return allowed ? cost : 0
}
