/** Charges on guaranteed shares in a memory store: what `memory-store.ts` does for other buckets, beside those of their parents. */

import type { Migrate } from '../buckets/migrate.ts'
import { blockedStatus } from '../buckets/status.ts'
import type { Micros } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import {
  type ChildFound,
  decideGuaranteed,
  findChild,
  type GuaranteedStep,
  guaranteedStatusOf,
  type ParentFound,
  present,
} from '../guarantees/guaranteed-step.ts'
import { countedOf } from '../rules/guarantee-pool.ts'
import { guaranteedAlgorithm } from '../rules/guaranteed.ts'
import { isGuaranteed } from '../rules/guaranteed-rule.ts'
import type { Call, Charge } from '../store.ts'
import type { MemoryBuckets } from './memory-buckets.ts'
import { admits, apply, pays, slotOf, stepOf } from './memory-charges.ts'
import { readBucket, readPool, writeBucket, writePool } from './memory-guarantee-pools.ts'
import { isHeldBy } from './memory-settling.ts'

/** A charge on a guaranteed share as a call finds it, before anything is charged. */
export interface GuaranteeFound {
  readonly charge: Charge
  readonly child: ChildFound
  readonly step: GuaranteedStep
  /** The key of the parent; `undefined` where that is not asked, for then there is nothing to guarantee a part of. */
  readonly parentKey: string | undefined
  readonly blockedUs: Micros
}

/** Whether any charge is on a guaranteed share. By index: this is asked on the path of every call. */
export function hasGuarantees(charges: readonly Charge[]): boolean {
  for (let i = 0; i < charges.length; i++) if (isGuaranteed(charges[i]!.terms.rule)) return true
  return false
}

/** What guaranteed shares among charges find, by the place of the charge; `undefined` for the others. */
export type GuaranteesFound = readonly (GuaranteeFound | undefined)[]

/** Looks at all guaranteed shares of a call beside their parents, which nobody has charged yet. */
export function findGuarantees(buckets: MemoryBuckets, { charges, migrate }: Call, now: Micros): GuaranteesFound {
  return charges.map((charge) => findGuarantee(buckets, charge, charges, now, migrate))
}

/** Whether every enforcing limit would pay. Nothing is written. */
export function admitsAll(buckets: MemoryBuckets, { charges, migrate }: Call, guarantees: GuaranteesFound, now: Micros): boolean {
  return charges.every((charge, i) => {
    const found = guarantees[i]
    return charge.limit.shadow || (found === undefined ? admits(buckets, charge, now, migrate) : admitsGuarantee(found))
  })
}

/**
 * Lets each limit have its charge, if all have admitted, and says how they stand. A refusal changes no bucket that an earlier stage of the
 * request holds.
 */
export function applyAll(
  buckets: MemoryBuckets,
  { action, charges, undo, migrate }: Call,
  guarantees: GuaranteesFound,
  now: Micros,
  allowed: boolean,
): LimitStatus[] {
  return charges.map((charge, i) => {
    const found = guarantees[i]
    const does = allowed || !isHeldBy(undo, charge) ? action : 'peek'
    if (found === undefined) return apply(buckets, charge, now, migrate, does, allowed)
    return applyGuarantee(buckets, found, now, does !== 'peek', allowed && pays(charge.limit, does))
  })
}

/**
 * How a guaranteed share stands, unchanged; `undefined` for any other.
 * @param among - the charges of the same request
 */
export function lookBeside(
  buckets: MemoryBuckets,
  charge: Charge,
  among: readonly Charge[],
  now: Micros,
  how: Migrate,
): LimitStatus | undefined {
  const found = findGuarantee(buckets, charge, among, now, how)
  return found && applyGuarantee(buckets, found, now, false, false)
}

/** Looks at a charge on a guaranteed share; `undefined` for any other, and for one that a later policy has stored another rule for. */
function findGuarantee(
  buckets: MemoryBuckets,
  charge: Charge,
  among: readonly Charge[],
  now: Micros,
  how: Migrate,
): GuaranteeFound | undefined {
  const { limit, key, terms, cost } = charge
  if (!isGuaranteed(terms.rule)) return undefined
  const child = findChild(readBucket(buckets, buckets.table(limit.name), key), terms, now, how)
  if (!isGuaranteed(child.terms.rule)) return undefined
  const parent = among.find((other) => other.limit.name === limit.parent)
  const blockedUs = cost === 0 ? 0 : buckets.blockedFor(limit.name, key, now)
  if (parent === undefined) return { charge, child, step: { admits: true, retryUs: 0 }, parentKey: undefined, blockedUs }
  const found = findParent(buckets, parent, now, how)
  const step = decideGuaranteed(child, readPool(buckets, limit, parent.key, child.rule, now), found, now, cost)
  return { charge, child, step, parentKey: parent.key, blockedUs }
}

/** The bucket of a parent, uncharged. */
function findParent(buckets: MemoryBuckets, parent: Charge, now: Micros, how: Migrate): ParentFound {
  const table = buckets.table(parent.limit.name)
  const { before, terms } = stepOf(parent, table, slotOf(buckets, table, parent.key), now, how)
  return { rule: terms.rule, state: before, cost: parent.cost }
}

/** Whether the share stands in nobody's way. */
function admitsGuarantee({ step, blockedUs }: GuaranteeFound): boolean {
  return step.admits && blockedUs === 0
}

/**
 * Marks the child as present, charges it, and says how it stands.
 * @param asks - whether anything may change
 * @param pays - whether everybody else has admitted, and now is the time to pay
 */
function applyGuarantee(buckets: MemoryBuckets, found: GuaranteeFound, now: Micros, asks: boolean, pays: boolean): LimitStatus {
  const { charge, child, step, parentKey, blockedUs } = found
  const { limit, key, cost } = charge
  const { rule, terms, epoch } = child
  let { state } = child
  if (asks && cost > 0 && blockedUs === 0 && parentKey !== undefined) {
    state = present(pays && step.admits ? guaranteedAlgorithm.debit(state, cost, rule) : state)
    writeBucket(buckets, buckets.table(limit.name), key, { state, terms, epoch })
    writePool(buckets, limit, parentKey, rule, now, child.counted, countedOf(state, rule))
  }
  const open = guaranteedStatusOf(limit, rule, state, now, cost, step)
  return blockedUs === 0 ? open : blockedStatus(open, blockedUs)
}
