/** Partial grants: the units that a store charges for a call with `upTo`, from its `cost` to `upTo`. */
import type { LimitStatus } from '../decision.ts'
import { ruleKind } from '../kind.ts'
import type { Call, Charge, Verdict } from '../store.ts'

/** Whether a call asks for a partial grant. Calls that give back earlier stages cannot. */
export function allowsPartialGrant({ action, charges, undo }: Pick<Call, 'action' | 'charges'> & Partial<Call>): boolean {
  if (action !== 'consume' || (undo !== undefined && undo.length > 0)) return false
  // By index: this is asked on the path of every call.
  for (let i = 0; i < charges.length; i++) if (charges[i]!.upTo !== undefined) return true
  return false
}

/** The charges, with `units` as the cost of those that have `upTo`. */
export function paying(charges: readonly Charge[], units: number): readonly Charge[] {
  return charges.map((charge) => (charge.upTo === undefined ? charge : { ...charge, cost: units }))
}

/**
 * The most units that each limit of a call could pay alone. A guaranteed share does not lower it: a share may take more than its own
 * `remaining`, and less than that of its parent.
 * @param statuses - of the charges, in order
 */
export function mostLeft(charges: readonly Charge[], statuses: readonly LimitStatus[]): number {
  let units = Number.MAX_SAFE_INTEGER
  for (const [i, { upTo, limit, terms }] of charges.entries()) {
    if (upTo === undefined) continue
    units = Math.min(units, limit.shadow || terms.rule[ruleKind].besideParent ? upTo : Math.min(upTo, statuses[i]!.remaining))
  }
  return units
}

/**
 * The charges with the most units that pass: 7 where `cost` is 2, `upTo` is 10 and 7 remain. The caller must decide them before any
 * bucket changes.
 * @param look - decides charges as a peek
 */
export function partialGrant(charges: readonly Charge[], look: (charges: readonly Charge[]) => Verdict): readonly Charge[] {
  const { allowed, limits } = look(charges)
  if (!allowed) return charges
  let most = mostLeft(charges, limits)
  if (!charges.some(({ terms }) => terms.rule[ruleKind].besideParent)) return paying(charges, most)
  // Beside a guarantee the most that passes is found by halving: if a cost passes, every lower cost does.
  let least = charges.find(({ upTo }) => upTo !== undefined)!.cost
  for (let units = most; least < most; units = Math.ceil((least + most) / 2)) {
    if (look(paying(charges, units)).allowed) least = units
    else most = units - 1
  }
  return paying(charges, least)
}
