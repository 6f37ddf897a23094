/** Calls that may take more than they must, as stores decide them: with as much as there is. */
import type { LimitStatus } from '../decision.ts'
import { ruleKind } from '../rules/kind.ts'
import type { Call, Charge, Verdict } from '../store.ts'

/** Whether a call may take more than it must. */
export function mayGrow({ action, charges, undo }: Pick<Call, 'action' | 'charges'> & Partial<Call>): boolean {
  if (action !== 'consume' || (undo !== undefined && undo.length > 0)) return false
  // By index: this is asked on the path of every call.
  for (let i = 0; i < charges.length; i++) if (charges[i]!.upTo !== undefined) return true
  return false
}

/** The charges with so many units for those that may grow. */
export function paying(charges: readonly Charge[], units: number): readonly Charge[] {
  return charges.map((charge) => (charge.upTo === undefined ? charge : { ...charge, cost: units }))
}

/**
 * The most units that the limits of a call may have, as far as each can tell by itself. A guaranteed share cannot: it may take more than
 * remains to it, and less than remains to its parent.
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
 * The charges with as much as there is. Whoever decides them must find the buckets as the looks did.
 * @param look - the answer to a peek
 */
export function grown(charges: readonly Charge[], look: (charges: readonly Charge[]) => Verdict): readonly Charge[] {
  const { allowed, limits } = look(charges)
  if (!allowed) return charges
  let most = mostLeft(charges, limits)
  if (!charges.some(({ terms }) => terms.rule[ruleKind].besideParent)) return paying(charges, most)
  // What passes beside a guarantee is found by halving: less passes always where more does.
  let least = charges.find(({ upTo }) => upTo !== undefined)!.cost
  for (let units = most; least < most; units = Math.ceil((least + most) / 2)) {
    if (look(paying(charges, units)).allowed) least = units
    else most = units - 1
  }
  return paying(charges, least)
}
