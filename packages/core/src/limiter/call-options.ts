/** What a call says beside its subject, checked before anybody is asked. */
import { SluiceError } from '../errors.ts'
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
