/** Costs: whole units, one number for all limits or by name. */
import { SluiceError } from '../errors.ts'
import type { CompiledLimit, Policy } from './policy.ts'

/** One number for every limit without a cost of its own, or units by limit name (1 where a name is missing). */
export type Cost = number | Readonly<Record<string, number>>

/** The cost itself. @throws SluiceError `SLUICE_COST` unless it is a whole number from 0 */
export function checkCost(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new SluiceError('SLUICE_COST', { name, value })
  // -0 is a whole number too, and would show up in headers.
  return value === 0 ? 0 : value
}

/** Checks what a caller passed as cost. @throws SluiceError `SLUICE_COST`, `SLUICE_LIMIT_UNKNOWN` */
export function checkCallCost<C>(cost: Cost, policy: Policy<C>): void {
  if (typeof cost !== 'object' || cost === null) {
    checkCost(cost, 'this call')
    return
  }
  for (const [name, units] of Object.entries(cost)) {
    if (!policy.byName.has(name)) throw new SluiceError('SLUICE_LIMIT_UNKNOWN', { name, choices: [...policy.byName.keys()] })
    checkCost(units, name)
  }
}

/** What a checked cost says of one limit; `missing` is what a name that is not there means. */
export function costFor<C>(limit: CompiledLimit<C>, cost: Cost, missing: number): number {
  if (typeof cost === 'number') return cost
  return Object.hasOwn(cost, limit.facts.name) ? cost[limit.facts.name]! : missing
}
