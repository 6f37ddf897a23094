/** Truth after the response: what a held charge gives back, or what it owes on top. */

import type { Micros } from '../clock.ts'
import type { BucketState, CountingRule } from '../kind.ts'
import { bucketKind } from '../kind.ts'
import type { HeldCharge, Hold } from '../store.ts'
import { floorDiv } from '../whole-number.ts'
import { type Bucket, epochAt, isExpired, sameRule } from './bucket.ts'
import { changeBoth, uncappedBeside } from './migrate.ts'

/** A bucket after a settlement; `bucket` is `undefined` where there is nothing to write. */
export interface Settlement {
  readonly bucket: Bucket | undefined
  /** Units that would have passed the largest debt and were not charged. */
  readonly excess: number
}

/**
 * Replaces the units of a held charge by those that were used.
 *
 * A bucket settles under the terms it has now. Nothing returns to one that is absent, and nothing twice. Nothing returns after the rule
 * changed or the bucket was reset. More than was held becomes debt in any case, up to twice the capacity in all.
 */
export function settleCharge(bucket: Bucket | undefined, held: HeldCharge, actual: number, now: Micros): Settlement {
  if (actual === held.units) return nothing
  const live = bucket === undefined || isExpired(bucket, now) ? undefined : bucket
  if (actual > held.units) return withDebt(live, held, actual - held.units, now, bucket === undefined ? 0 : epochAt(bucket, now))
  return live === undefined || !mayReturn(live, held, now) ? nothing : { bucket: withReturn(live, held, actual, now), excess: 0 }
}

const nothing: Settlement = { bucket: undefined, excess: 0 }

/** Whether a bucket is still in the epoch of a charge, under the rule of that charge. */
export function mayReturn(bucket: Bucket, held: HeldCharge, now: Micros): boolean {
  const epoch = epochAt(bucket, now)
  return (epoch === 0 || epoch === held.epoch) && sameRule(held.terms.rule, bucket.terms.rule)
}

/** A bucket with units given back, whatever was charged: at most to full. `undefined` where there is nothing to write. */
export function refundUnits(bucket: Bucket, units: number, now: Micros): Bucket | undefined {
  if (isExpired(bucket, now)) return undefined
  const { terms } = bucket
  const { rule } = terms
  const { giveBack, missing } = bucketKind(rule)
  // The product of a huge number is not exact, but more than is missing, and so it does not count.
  const refunded = (of: BucketState): BucketState => giveBack(of, Math.min(units * rule.scale, missing(of, rule)), rule)
  return { ...changeBoth(bucket, now, rule, refunded), terms, epoch: epochAt(bucket, now) }
}

/** A hold of a store that knows when it was renewed last. */
export interface RenewableHold extends Hold {
  renewedAt?: Micros
}

/**
 * When the lifetime of a hold began: when its units were charged, or with its latest renewal. A hold of slots alone has no lifetime,
 * because its leases end by themselves. It is as if made in the far future.
 */
export function openSince({ entries, renewedAt = 0 }: RenewableHold): Micros {
  const charged = entries.find(({ lease }) => lease === undefined)
  return charged === undefined ? Number.MAX_SAFE_INTEGER : Math.max(charged.at, renewedAt)
}

/** The time of a charge: that of its bucket, which lies ahead of `now` while a clock that stepped back catches up. */
export function timeOfCharge(state: BucketState, now: Micros): Micros {
  return Math.max(now, state.last)
}

function withReturn(bucket: Bucket, held: HeldCharge, actual: number, now: Micros): Bucket | undefined {
  const { state, uncapped, terms } = bucket
  const { rule } = terms
  const current = bucketKind(rule).advance(state, now, rule)
  // The clock went back so far that the bucket went with it: it is unknown how much of the charge has come back in the meantime. Where an
  // earlier call moved the bucket back it no longer shows, and what comes back then may be all that this charge held, but never more.
  if (held.at > timeOfCharge(current, now) || current.last < state.last) return undefined
  const epoch = epochAt(bucket, now)
  // Nearly every settlement ends here: with the functions and records that the others need it would take twice as long.
  if (uncapped === undefined) return { state: returnedTo(current, held, actual, now, rule), terms, epoch }
  return { ...changeBoth(bucket, now, rule, (of) => returnedTo(of, held, actual, now, rule)), terms, epoch }
}

/** A state *at now* to which what a charge did not use has come back. */
function returnedTo(current: BucketState, held: HeldCharge, actual: number, now: Micros, rule: CountingRule): BucketState {
  const { returnable, giveBack } = bucketKind(rule)
  const unused = { units: held.units - actual, charged: held.units, chargedAt: held.at }
  return giveBack(current, returnable(unused, timeOfCharge(current, now), rule, current), rule, held.at)
}

function withDebt(bucket: Bucket | undefined, held: HeldCharge, extra: number, now: Micros, epoch: Micros): Settlement {
  const terms = bucket?.terms ?? held.terms
  const { rule } = terms
  const algorithm = bucketKind(rule)
  const current = bucket === undefined ? fresh(terms.initial, now, rule) : algorithm.advance(bucket.state, now, rule)
  const room = floorDiv(Math.max(0, 2 * rule.capacity * rule.scale - algorithm.missing(current, rule)), rule.scale)
  const charged = Math.min(extra, room)
  const state = algorithm.debit(current, charged * rule.scale, rule)
  const uncapped = bucket?.uncapped && uncappedBeside(state, bucket.uncapped, now, charged, rule)
  return { bucket: { state, terms, uncapped, epoch }, excess: extra - charged }
}

function fresh(initial: number, now: Micros, rule: CountingRule): BucketState {
  return bucketKind(rule).decide(undefined, now, 0, rule, initial).before
}
