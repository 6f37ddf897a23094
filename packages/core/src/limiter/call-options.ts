/** What is checked of a call: its options before any function of the application runs, and its charges before the store is asked. */
import { SluiceError } from '../errors.ts'
import { ruleKind } from '../rules/kind.ts'
import type { Charge } from '../store.ts'
import { throwIfAborted } from './abort.ts'
import { checkCallCost } from './cost.ts'
import type { CallOptions } from './limiter-contract.ts'
import type { Policy } from './policy.ts'

/**
 * Without types a cost is easily passed bare, as other limiters take it: that must not pass for a cost of 1.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_ABORTED`, `SLUICE_COST`, `SLUICE_LIMIT_UNKNOWN`
 */
export function checkCallOptions<C>(o: CallOptions | undefined, policy: Policy<C>): void {
  if (o === undefined) return
  if (typeof o !== 'object' || o === null) {
    const facts = { option: 'What a call says', wanted: 'an object, such as { cost: 5 }', value: o }
    throw new SluiceError('SLUICE_OPTION_TYPE', facts, { text: 'fixed' })
  }
  throwIfAborted(o.signal)
  if (o.cost !== undefined) checkCallCost(o.cost, policy)
}

/** @throws SluiceError `SLUICE_RESERVE_NEEDED` for `consume` with a limit that only a reservation can give back */
export function checkConsumable(charges: readonly Charge[]): void {
  // By index: an iterator costs this path more than what it looks at.
  for (let i = 0; i < charges.length; i++) {
    const { limit, terms } = charges[i]!
    if (terms.rule[ruleKind].mustReserve) throw new SluiceError('SLUICE_RESERVE_NEEDED', { name: limit.name })
  }
}
