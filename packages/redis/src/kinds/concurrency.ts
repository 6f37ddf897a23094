/** Slots of a concurrency limit (#), and the leases that hold them. */
import { randomBytes } from 'node:crypto'
import type { Charge, ConcurrencyRule, Terms } from '@sluice/core'
import { concurrencyKind, ruleOf } from '@sluice/core/internal'
import type { Kind } from './kind.ts'

/** The length of a lease is in place of the period. */
export const concurrency: Kind<ConcurrencyRule> = {
  kind: concurrencyKind.name,
  codes: ['#'],
  workUs: () => 25,
  write: ({ capacity, leaseMs }) => ({ letter: '#', capacity, numbers: [1, 1, leaseMs * 1000], published: '' }),
  read: ({ capacity, numbers: [, , leaseUs] }) => ruleOf(concurrencyKind, { capacity, scale: 1, leaseMs: leaseUs / 1000 }),
}

/** The rule of terms that hold a slot for a while in place of charging units; `undefined` for other terms. */
export function slotsRule({ rule }: Terms): ConcurrencyRule | undefined {
  return rule.kind === concurrency.kind ? (rule as ConcurrencyRule) : undefined
}

const own = randomBytes(9).toString('base64url')
let count = 0

/** A name for the leases of a call, some fifteen characters that no other process uses; empty for a call that can take no slot. */
export function leaseName(charges: readonly Charge[]): string {
  if (!charges.some(({ terms }) => slotsRule(terms) !== undefined)) return ''
  count += 1
  return `${own}${count.toString(36)}`
}

/** The lease that a call has taken under a name: its length, by which any process can prolong it, and the name. */
export function leaseOf({ leaseMs }: ConcurrencyRule, name: string): string {
  return `${leaseMs * 1000}:${name}`
}
