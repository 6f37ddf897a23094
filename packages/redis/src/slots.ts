/** Slots as the scripts have them: which terms are of slots, and what a lease is called. */
import { randomBytes } from 'node:crypto'
import type { Charge, ConcurrencyRule, Terms } from '@sluice/core'

/** The rule of terms that are of slots, which hold one for a while instead of charging units. */
export function slotsRule({ rule }: Terms): ConcurrencyRule | undefined {
  return rule.kind === 'concurrency' ? (rule as ConcurrencyRule) : undefined
}

const own = randomBytes(9).toString('base64url')
let count = 0

/** A name for the leases of a call that no other process gives, of some fifteen characters; empty for a call that can take none. */
export function leaseName(charges: readonly Charge[]): string {
  if (!charges.some(({ terms }) => slotsRule(terms) !== undefined)) return ''
  count += 1
  return `${own}${count.toString(36)}`
}

/** The lease that a call has taken under a name: its length, by which anybody can prolong it, and the name. */
export function leaseOf({ leaseMs }: ConcurrencyRule, name: string): string {
  return `${leaseMs * 1000}:${name}`
}
