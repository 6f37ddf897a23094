/** Reads from a rule what headers say about it: how much comes back, how often, and of what. */
import type { CountingRule, LimitStatus } from '@sluice/core'
import { type Pace, ruleKind } from '@sluice/core/internal'

/** What the kind of a rule says of it; for a kind that says nothing, its `refill`, or else its capacity, per `perMs`. */
export function paceOf({ rule, capacity }: Pick<LimitStatus, 'rule' | 'capacity'>): Pace {
  const counting = rule as CountingRule & { readonly perMs?: unknown; readonly refill?: unknown }
  const { perMs, refill } = counting
  // A status that has been through JSON lacks the kind.
  const kind: CountingRule[typeof ruleKind] | undefined = counting[ruleKind]
  if (kind?.pace !== undefined) return kind.pace(counting)
  if (typeof perMs !== 'number') return { refill: null, periodMs: null, unit: 'requests' }
  return { refill: typeof refill === 'number' ? refill : capacity, periodMs: perMs, unit: 'requests' }
}
