/** From the store's verdict to the decision that callers see, and to a promise of it on an asynchronous store. */
import type { Decision, LimitStatus, Unavailable } from '../decision.ts'
import { asPromise, type MaybePromise } from '../maybe-promise.ts'
import type { Verdict } from '../store.ts'
import type { Limiter } from './limiter-contract.ts'

const nobody: readonly string[] = Object.freeze([])

/** The decision that a verdict means. */
export function decisionOf(verdict: Verdict, policyVersion: string): Decision {
  const { allowed, undone, decidedBy } = verdict
  if (verdict.unavailable !== undefined) return unavailable(verdict.unavailable, policyVersion)
  const limits = undone.length === 0 ? verdict.limits : withUndone(verdict)
  if (allowed) return { allowed: true, outcome: 'allowed', retryAfterMs: 0, limits, refusedBy: nobody, decidedBy, policyVersion }
  return refusalOf(limits, verdict.limits, decidedBy, policyVersion)
}

/** A function of its own, because it would make the function above larger and slower. @param asked - the limits of this call */
function refusalOf(
  limits: readonly LimitStatus[],
  current: readonly LimitStatus[],
  decidedBy: Verdict['decidedBy'],
  policyVersion: string,
): Decision {
  const refusing = current.length === 1 ? current : current.filter(refuses)
  const refusedBy = refusing.map(nameOf)
  let longest = 0
  for (const { retryAfterMs } of refusing) {
    if (retryAfterMs === null) {
      return { allowed: false, outcome: 'impossible', retryAfterMs, limits, refusedBy, decidedBy, policyVersion }
    }
    longest = Math.max(longest, retryAfterMs)
  }
  return { allowed: false, outcome: 'limited', retryAfterMs: longest, limits, refusedBy, decidedBy, policyVersion }
}

function refuses({ allowed, shadow }: LimitStatus): boolean {
  return !allowed && !shadow
}

function nameOf({ name }: LimitStatus): string {
  return name
}

/** The limits of earlier stages come first, as they stand after they were given back. */
function withUndone({ limits, undone }: Verdict): LimitStatus[] {
  return [...undone.filter(({ name }) => !limits.some((status) => status.name === name)), ...limits]
}

/** Milliseconds after which to come back when something is broken: the end of it is unknown, and a second is polite. */
const brokenRetryMs = 1000

/** The decision when something that should decide is broken and the limit says to refuse then. */
export function unavailable(refusedBy: readonly string[], policyVersion: string): Unavailable {
  return { allowed: false, outcome: 'unavailable', retryAfterMs: brokenRetryMs, limits: [], refusedBy, decidedBy: 'none', policyVersion }
}

/**
 * The same limiter, whose answers are always promises. In an outage, or where no limit applies, an answer is there at once. `.then()`
 * works on it nevertheless, and an error is a rejection.
 */
export function promised<C>(limiter: Limiter<C>): Limiter<C> {
  return {
    ...limiter,
    consume: asynchronous(limiter.consume),
    consumeUpTo: asynchronous(limiter.consumeUpTo),
    peek: asynchronous(limiter.peek),
    reserve: asynchronous(limiter.reserve),
    refund: asynchronous(limiter.refund),
    inspect: asynchronous(limiter.inspect),
    reset: asynchronous(limiter.reset),
    resetAll: asynchronous(limiter.resetAll),
    block: asynchronous(limiter.block),
    bans: asynchronous(limiter.bans),
  }
}

/** The same function, which answers a promise. */
export function asynchronous<Args extends readonly unknown[], T>(ask: (...args: Args) => MaybePromise<T>): (...args: Args) => Promise<T> {
  return (...args) => asPromise(() => ask(...args))
}
