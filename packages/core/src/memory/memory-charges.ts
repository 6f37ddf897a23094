/**
 * Charges on buckets in a memory store, one at a time: whether each could be paid, and paying it.
 *
 * No record of a bucket outlives its look-up.
 */

import { epochAt, underTerms } from '../buckets/bucket.ts'
import { type Migrate, uncappedBeside } from '../buckets/migrate.ts'
import { blockedStatus, statusOf } from '../buckets/status.ts'
import type { Micros } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import type { BucketState, Step } from '../rules/kind.ts'
import { bucketKind } from '../rules/kind.ts'
import type { Call, Charge, LimitFacts, Terms } from '../store.ts'
import type { MemoryBuckets } from './memory-buckets.ts'
import { type MemoryTable, overflowKey } from './memory-table.ts'

/** Whether a limit would pay. */
export function admits(buckets: MemoryBuckets, charge: Charge, now: Micros, how: Migrate): boolean {
  const table = buckets.table(charge.limit.name)
  const step = stepOf(charge, table, slotOf(buckets, table, charge.key), now, how)
  return step.admits && (charge.cost === 0 || buckets.blockedFor(charge.limit.name, charge.key, now) === 0)
}

/** Lets a limit have its charge, if it is to have it and can pay, and says how it stands. */
export function apply(
  buckets: MemoryBuckets,
  charge: Charge,
  now: Micros,
  how: Migrate,
  action: Call['action'],
  allowed: boolean,
): LimitStatus {
  const { limit, cost } = charge
  const table = buckets.table(limit.name)
  const slot = slotOf(buckets, table, charge.key)
  const { admits, before, after, terms, changed, uncapped, epoch } = stepOf(charge, table, slot, now, how)
  const blockedUs = cost === 0 ? 0 : buckets.blockedFor(limit.name, charge.key, now)
  const paid = allowed && admits && blockedUs === 0 && pays(limit, action)
  const state = paid ? after : before
  if (action !== 'peek' && (state !== before || changed)) {
    const left = uncapped && uncappedBeside(state, uncapped, now, paid ? cost : 0, terms.rule)
    buckets.write(table, slot, slot < 0 && buckets.full() ? overflowKey : charge.key, { state, terms, uncapped: left, epoch })
  }
  const open = statusOf(limit, terms.rule, state, now, cost, admits)
  return blockedUs === 0 ? open : blockedStatus(open, blockedUs)
}

/** With `debit: 'after'` a reservation pays when it is settled. */
export function pays(limit: LimitFacts, action: Call['action']): boolean {
  return action === 'consume' || (action === 'reserve' && limit.debit === 'before')
}

/** The slot of a key: its own, or while the store is full that of the overflow bucket; -1 where there is none yet. */
export function slotOf(buckets: MemoryBuckets, table: MemoryTable, key: string): number {
  const slot = table.find(key)
  return slot < 0 && buckets.full() ? table.overflow : slot
}

/** What a cost does to the bucket of a key, and what even a refusal keeps of it. */
export interface StoredStep extends Step {
  readonly terms: Terms
  /** The uncapped state, before the cost. */
  readonly uncapped: BucketState | undefined
  readonly epoch: Micros
  /** Even a refusal keeps this state: the rule changed, the clock jumped, or the bucket starts with less than its capacity. */
  readonly changed: boolean
}

/** What a cost would do; the slot is that of the key. Nothing is written. */
export function stepOf(charge: Charge, table: MemoryTable, slot: number, now: Micros, how: Migrate): StoredStep {
  const { cost, terms } = charge
  // A bucket made while the overflow bucket is in use starts as that one stands: strangers cannot step out of what they share.
  const source = slot >= 0 ? slot : table.overflow
  if (source < 0) {
    const { admits, before, after } = bucketKind(terms.rule).decide(undefined, now, cost, terms.rule, terms.initial)
    return { admits, before, after, terms, uncapped: undefined, epoch: 0, changed: startsLow(cost, terms) }
  }
  const stored = table.read(source)
  const current = underTerms(stored, terms, now, how)
  const { rule, initial } = current.terms
  const { admits, before, after } = bucketKind(rule).decide(current.state, now, cost, rule, initial)
  const differs = current.state !== stored.state || before.last < stored.state.last
  const changed = current.state === undefined ? startsLow(cost, current.terms) : differs && slot >= 0
  return { admits, before, after, terms: current.terms, uncapped: current.uncapped, epoch: epochAt(current, now), changed }
}

/** What a bucket lacks from the start comes back from its first call on, so that this call is kept even if it is refused. */
function startsLow(cost: number, { rule, initial }: Terms): boolean {
  return cost > 0 && initial < rule.capacity
}
