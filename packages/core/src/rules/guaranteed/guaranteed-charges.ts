/** Charges on guaranteed shares in a memory store, beside the charges on their parents. */
import type { Bucket } from '../../buckets/bucket.ts'
import { refundUnits } from '../../buckets/settlement.ts'
import { blockedStatus } from '../../buckets/status.ts'
import type { Micros } from '../../clock.ts'
import type { LimitStatus } from '../../decision.ts'
import type { MemoryBuckets } from '../../memory/memory-buckets.ts'
import { pays, slotOf, stepOf } from '../../memory/memory-charges.ts'
import type { Look, MemoryKind } from '../../memory/memory-kind.ts'
import type { Charge, LimitFacts, Migrate } from '../../store.ts'
import {
  activated,
  type ChildFound,
  decideGuaranteed,
  findChild,
  type GuaranteedStep,
  guaranteedStatusOf,
  type ParentFound,
} from './decide-guaranteed.ts'
import { guaranteedDecider, isGuaranteed } from './guaranteed.ts'
import { readBucket, readOwn, readReserved, recordName, writeBucket, writeReserved } from './guaranteed-records.ts'
import { countedIn, settleGuaranteed } from './guaranteed-settlement.ts'
import { countedOf } from './reserved-shares.ts'

/** How a memory store decides guaranteed shares. */
export const guaranteedCharges: MemoryKind = {
  look(buckets, charge, among, now, how) {
    const { limit, key, terms, cost } = charge
    const child = findChild(readBucket(buckets, buckets.table(limit.name), key), terms, now, how)
    // A later policy has stored another rule for it.
    if (!isGuaranteed(child.terms.rule)) return undefined
    const parent = parentOf(limit, among)
    const blockedUs = cost === 0 ? 0 : buckets.blocks.blockedFor(limit.name, key, now)
    const step = parent === undefined ? free : stepBeside(buckets, child, charge, parent, now, how)
    return lookAt(buckets, { charge, child, step, parentKey: parent?.key, blockedUs }, now)
  },
  // Without its parent nothing was charged.
  hold: (_buckets, { limit }, among, asBucket) => (parentOf(limit, among) === undefined ? undefined : asBucket()),
  // No units can be left over: a debt is that of the parent.
  settle(buckets, held, key, among, used, now) {
    revise(buckets, held.limit, key, among, now, (bucket) => settleGuaranteed(bucket, held, used, now))
    return 0
  },
  refund(buckets, { limit, key, cost }, among, now) {
    revise(buckets, limit, key, among, now, (bucket) => bucket && refundUnits(bucket, cost, now))
  },
  bucketsBeside(limit, among) {
    const parent = parentOf(limit, among)
    return parent === undefined ? [] : [{ limit: recordName(limit), key: parent.key }]
  },
}

/** A charge on a guaranteed share as a call finds it, before anything is charged. */
interface Found {
  readonly charge: Charge
  readonly child: ChildFound
  readonly step: GuaranteedStep
  /** The key of the parent; `undefined` if the call does not ask the parent, for then there is nothing to guarantee a part of. */
  readonly parentKey: string | undefined
  readonly blockedUs: Micros
}

const free: GuaranteedStep = { admits: true, retryUs: 0 }

function parentOf<P extends Pick<Charge, 'limit'>>(limit: LimitFacts, among: readonly P[]): P | undefined {
  return among.find((other) => other.limit.name === limit.parent)
}

function stepBeside(buckets: MemoryBuckets, child: ChildFound, charge: Charge, parent: Charge, now: Micros, how: Migrate): GuaranteedStep {
  const reserved = readReserved(buckets, charge.limit, parent.key, child.rule, now)
  return decideGuaranteed(child, reserved, findParent(buckets, parent, now, how), now, charge.cost)
}

/** The bucket of a parent, uncharged. */
function findParent(buckets: MemoryBuckets, parent: Charge, now: Micros, how: Migrate): ParentFound {
  const table = buckets.table(parent.limit.name)
  const { before, terms } = stepOf(parent, table, slotOf(buckets, table, parent.key), now, how)
  return { rule: terms.rule, state: before, cost: parent.cost }
}

function lookAt(buckets: MemoryBuckets, found: Found, now: Micros): Look {
  const { charge, step, blockedUs } = found
  return {
    admits: step.admits && blockedUs === 0,
    apply: (action, allowed) => applyFound(buckets, found, now, action !== 'peek', allowed && pays(charge.limit, action)),
  }
}

/**
 * Makes the guarantee of the child active, charges the child, and describes the limit.
 * @param asks - whether anything may change
 * @param pays - whether all others have admitted, and now is the time to pay
 */
function applyFound(buckets: MemoryBuckets, found: Found, now: Micros, asks: boolean, pays: boolean): LimitStatus {
  const { charge, child, step, parentKey, blockedUs } = found
  const { limit, key, cost } = charge
  const { rule, terms, epoch } = child
  let { state } = child
  if (asks && cost > 0 && blockedUs === 0 && parentKey !== undefined) {
    state = activated(pays && step.admits ? guaranteedDecider.debit(state, cost, rule) : state)
    writeBucket(buckets, buckets.table(limit.name), key, { state, terms, epoch })
    writeReserved(buckets, limit, parentKey, rule, now, child.counted, countedOf(state, rule))
  }
  const open = guaranteedStatusOf(limit, rule, state, now, cost, step)
  return blockedUs === 0 ? open : blockedStatus(open, blockedUs)
}

/** Changes the bucket of a child, and what is reserved for it. If its parent was not charged, neither was the child. */
function revise(
  buckets: MemoryBuckets,
  limit: LimitFacts,
  key: string,
  among: readonly Pick<Charge, 'limit' | 'key'>[],
  now: Micros,
  revised: (bucket: Bucket | undefined) => Bucket | undefined,
): void {
  const parent = parentOf(limit, among)
  if (parent === undefined) return
  const table = buckets.table(limit.name)
  const before = readOwn(table, key)
  const after = revised(before)
  if (after === undefined) return
  writeBucket(buckets, table, key, after)
  const { rule } = after.terms
  if (!isGuaranteed(rule)) return
  writeReserved(buckets, limit, parent.key, rule, now, countedIn(before, now, rule.periodUs), countedIn(after, now, rule.periodUs))
}
