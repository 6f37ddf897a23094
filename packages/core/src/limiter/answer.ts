/** From the store's verdict to the decision that callers see. */
import type { Decision, LimitStatus, Unavailable } from '../decision.ts'
import type { Verdict } from '../store.ts'

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
