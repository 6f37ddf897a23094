/** From the store's verdict to the decision that callers see. */
import type { Decision, LimitStatus, Unavailable } from './decision.ts'
import type { Verdict } from './store.ts'

const nobody: readonly string[] = Object.freeze([])

/** The decision that a verdict means. */
export function decisionOf(verdict: Verdict, policyVersion: string): Decision {
  const { allowed, undone, decidedBy } = verdict
  if (verdict.unavailable !== undefined) return unavailable(verdict.unavailable, policyVersion)
  const limits = undone.length === 0 ? verdict.limits : withUndone(verdict)
  if (allowed) return { allowed: true, outcome: 'allowed', retryAfterMs: 0, limits, refusedBy: nobody, decidedBy, policyVersion }
  return refusalOf(verdict, limits, policyVersion)
}

/** Apart from the above, because its closures would make that larger and slower for those who are let through. */
function refusalOf(verdict: Verdict, limits: readonly LimitStatus[], policyVersion: string): Decision {
  const { decidedBy } = verdict
  const refusing = verdict.limits.filter((status) => !status.allowed && !status.shadow)
  const refusedBy = refusing.map((status) => status.name)
  const impossible = refusing.some((status) => status.retryAfterMs === null)
  if (impossible) return { allowed: false, outcome: 'impossible', retryAfterMs: null, limits, refusedBy, decidedBy, policyVersion }
  return { allowed: false, outcome: 'limited', retryAfterMs: longestWait(refusing), limits, refusedBy, decidedBy, policyVersion }
}

/** The limits of earlier stages come first, as they stand after they were given back. */
function withUndone({ limits, undone }: Verdict): LimitStatus[] {
  return [...undone.filter(({ name }) => !limits.some((status) => status.name === name)), ...limits]
}

function longestWait(refusing: readonly LimitStatus[]): number {
  return refusing.reduce((longest, status) => Math.max(longest, status.retryAfterMs ?? 0), 0)
}

/** Milliseconds after which to come back when something is broken: nobody knows, and a second is polite. */
const brokenRetryMs = 1000

/** The decision when something that should decide is broken and the limit says to refuse then. */
export function unavailable(refusedBy: readonly string[], policyVersion: string): Unavailable {
  return { allowed: false, outcome: 'unavailable', retryAfterMs: brokenRetryMs, limits: [], refusedBy, decidedBy: 'none', policyVersion }
}

/** The verdict when no limit applies to a call. */
export const nothingApplies: Verdict = Object.freeze({
  allowed: true,
  limits: Object.freeze([]),
  undone: Object.freeze([]),
  hold: null,
  decidedBy: 'none',
})
