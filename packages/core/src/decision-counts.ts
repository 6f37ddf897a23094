/** Counts of decisions: plain numbers, which a decision raises and an exporter reads. An event would be an object for each decision. */
import type { Decision, LimitStatus } from './decision.ts'
import type { LimitOutcome } from './limiter-event.ts'

/** What a decision can mean for a limit, in the order of the counts. */
export const outcomes: readonly LimitOutcome[] = ['allowed', 'near', 'limited', 'shadow_limited', 'impossible', 'unavailable']
/** Who can make a decision, in the order of the counts. */
export const deciders: readonly Decision['decidedBy'][] = ['store', 'cache', 'local', 'none']

/** The counts of one limiter, or of all limiters of a guard. They only grow. */
export interface DecisionCounts {
  /** By the name of a limit: one count for each of `outcomes`. */
  readonly limits: Map<string, Float64Array>
  /** One count for each of `deciders`. */
  readonly deciders: Float64Array
}

/** Names that are counted apart; later ones are counted together. Names come from the code of an application, and few make more. */
const mostNames = 1000
const otherNames = 'other limits'

/** Counts of zero. */
export function decisionCounts(): DecisionCounts {
  return { limits: new Map(), deciders: new Float64Array(deciders.length) }
}

/** The counts of a limit. */
export function countsOf({ limits }: DecisionCounts, name: string): Float64Array {
  const own = limits.size < mostNames || limits.has(name) ? name : otherNames
  const known = limits.get(own) ?? new Float64Array(outcomes.length)
  limits.set(own, known)
  return known
}

/** Where in `deciders` a decider stands. */
export function deciderAt(by: Decision['decidedBy']): number {
  if (by === 'store') return 0
  if (by === 'cache') return 1
  return by === 'local' ? 2 : 3
}

/** Where in `outcomes` a status stands; `null` is a limit that could not be decided. */
export function outcomeAt(status: LimitStatus | null): number {
  if (status === null) return 5
  if (status.allowed) return status.near ? 1 : 0
  if (status.shadow) return 3
  return status.retryAfterMs === null ? 4 : 2
}
