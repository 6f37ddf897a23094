/** What `consume` cannot do: a slot must be given back, and a decision alone has no way to do that. */

import { SluiceError } from '../errors.ts'
import { ruleKind } from '../rules/kind.ts'
import type { Charge } from '../store.ts'

/** @throws SluiceError `SLUICE_RESERVE_NEEDED` where a charge is a slot */
export function refuseSlots(charges: readonly Charge[]): void {
  // By index: an iterator costs this path more than what it looks at.
  for (let i = 0; i < charges.length; i++) {
    const { limit, terms } = charges[i]!
    if (terms.rule[ruleKind].mustReserve) throw new SluiceError('SLUICE_RESERVE_NEEDED', { name: limit.name })
  }
}
