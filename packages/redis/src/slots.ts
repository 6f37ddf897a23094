/** Slots as the scripts have them: which terms are of slots, and what a lease is called. */
import type { ConcurrencyRule, Terms } from '@sluice/core'

/** The rule of terms that are of slots, which hold one for a while instead of charging units. */
export function slotsRule({ rule }: Terms): ConcurrencyRule | undefined {
  return rule.kind === 'concurrency' ? (rule as ConcurrencyRule) : undefined
}

/** The lease that a call has taken under a name: its length, by which anybody can prolong it, and the name. */
export function leaseOf({ leaseMs }: ConcurrencyRule, name: string): string {
  return `${leaseMs * 1000}:${name}`
}
