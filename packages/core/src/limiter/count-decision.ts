/**
 * Counting decisions for metrics, where something wants that. It makes no object: `bench decide` measures it beside counters of the libraries
 * for metrics.
 */
import type { Decision } from '../decision.ts'
import { countsOf, type DecisionCounts, deciderAt, outcomeAt } from '../decision-counts.ts'
import type { Verdict } from '../store.ts'
import { isAgain } from './decision-event.ts'
import type { Reservation } from './reservation.ts'

/** The limits of a policy, and their counts in the same order, once anything is counted. */
export interface CountedLimits {
  readonly policy: { readonly limits: readonly { readonly facts: { readonly name: string } }[] }
  rows: readonly Float64Array[] | undefined
}

/** Counts a decision of the fast path, which is about every limit of the policy. */
export function countAll(counts: DecisionCounts, counted: CountedLimits, { limits, decidedBy }: Verdict): void {
  const rows = counted.rows ?? openRows(counts, counted)
  counts.deciders[deciderAt(decidedBy)]! += 1
  for (let i = 0; i < rows.length; i++) rows[i]![outcomeAt(limits[i]!)]! += 1
}

/**
 * Counts a decision of the general path.
 * @param earlier - stages of the same request, whose limits are not counted again
 */
export function countDecision(
  counts: DecisionCounts,
  counted: CountedLimits,
  verdict: Verdict,
  decision: Decision,
  earlier: readonly Reservation[] = noStages,
): void {
  counts.deciders[deciderAt(decision.decidedBy)]! += 1
  if (decision.outcome === 'unavailable') {
    for (const name of decision.refusedBy) if (!isAgain(name, earlier)) countsOf(counts, name)[outcomeAt(null)]! += 1
    return
  }
  const { limits } = counted.policy
  const rows = counted.rows ?? openRows(counts, counted)
  let at = -1
  for (const status of verdict.limits) {
    // A call may leave limits out, and keeps the order of the others.
    do at += 1
    while (at < limits.length && limits[at]!.facts.name !== status.name)
    if (at === limits.length) return
    if (!isAgain(status.name, earlier)) rows[at]![outcomeAt(status)]! += 1
  }
}

const noStages: readonly Reservation[] = Object.freeze([])

function openRows(counts: DecisionCounts, counted: CountedLimits): readonly Float64Array[] {
  counted.rows = counted.policy.limits.map(({ facts }) => countsOf(counts, facts.name))
  return counted.rows
}
