/** What one of several processes may let through by itself while the store cannot be asked: its part of every limit. */

import { type CountingRule, type Part, ruleKind } from '../kind.ts'
import type { Charge, Terms } from '../store.ts'

/** The terms of one process's part. */
export type LocalTerms = (terms: Terms) => Terms

/**
 * Divides limits by a number of processes: their rates exactly, their capacities rounded down, to at least 1.
 * @param processes - from 1; the whole limit for 1
 */
export function localShare(processes: number): LocalTerms {
  if (processes === 1) return (terms) => terms
  const part: Part = { numerator: 1, denominator: processes }
  const known = new WeakMap<Terms, Terms>()
  return (terms) => {
    const local = known.get(terms) ?? divided(terms, part)
    known.set(terms, local)
    return local
  }
}

function divided({ rule, initial, version }: Terms, part: Part): Terms {
  const kind = rule[ruleKind]
  const share = (kind.localPart ?? kind.part)(rule, part)
  const lacks = initial < rule.capacity
  return Object.freeze({ rule: share, initial: lacks ? Math.floor(initial / part.denominator) : share.capacity, version })
}

/** Whether a part is too small for a cost that the whole limit could admit: then the part says nothing of whether it ever can be. */
export function exceedsShareAlone(charge: Charge, share: CountingRule): boolean {
  return charge.cost > share.capacity && charge.cost <= charge.terms.rule.capacity
}
