/** Truth after the response: what a held charge gives back, or what it owes on top. */

import type { Micros } from '../clock.ts'
import type { CountingRule } from '../rules/algorithm.ts'
import { algorithmOf } from '../rules/algorithms.ts'
import type { BucketState } from '../rules/rule.ts'
import { floorDiv, scaleDown } from '../rules/whole-number.ts'
import type { HeldCharge } from '../store.ts'
import { changeBoth, giveBackForgiven, unforgivenBeside } from './account.ts'
import { type Bucket, hasLapsed, sameRule } from './bucket.ts'

/** A bucket after a settlement; `bucket` is `undefined` where there is nothing to write. */
export interface Settlement {
  readonly bucket: Bucket | undefined
  /** Units that would have passed the largest debt and were not charged. */
  readonly excess: number
}

/**
 * Replaces the units of a held charge by those that were used.
 *
 * A bucket settles under the terms it has now: nothing comes back to one that is absent, and nothing twice. More than was held becomes
 * debt, up to twice the capacity in all.
 */
export function settleCharge(bucket: Bucket | undefined, held: HeldCharge, actual: number, now: Micros): Settlement {
  const live = bucket === undefined || hasLapsed(bucket, now) ? undefined : bucket
  if (actual < held.units) return live === undefined ? nothing : { bucket: withReturn(live, held, actual, now), excess: 0 }
  if (actual > held.units) return withDebt(live, held, actual - held.units, now)
  return nothing
}

const nothing: Settlement = { bucket: undefined, excess: 0 }

/** A bucket with units given back, whatever was charged: at most to full. `undefined` where there is nothing to write. */
export function refundUnits(bucket: Bucket, units: number, now: Micros): Bucket | undefined {
  if (hasLapsed(bucket, now)) return undefined
  const { terms } = bucket
  const { rule } = terms
  const { giveBack, missing } = algorithmOf(rule)
  // The product of a huge number is not exact, but more than is missing, and so it does not count.
  const refunded = (of: BucketState): BucketState => giveBack(of, Math.min(units * rule.scale, missing(of, rule)), rule)
  return { ...changeBoth(bucket, now, rule, refunded), terms }
}

/** The time of a charge: that of its bucket, which lies ahead of `now` while a clock that stepped back catches up. */
export function timeOfCharge(state: BucketState, now: Micros): Micros {
  return Math.max(now, state.last)
}

function withReturn(bucket: Bucket, held: HeldCharge, actual: number, now: Micros): Bucket {
  const { state, unforgiven, terms } = bucket
  const { rule } = terms
  const current = algorithmOf(rule).advance(state, now, rule)
  // The clock went back so far that the bucket went with it: nobody knows how much of the charge has come back in the meantime. Where an
  // earlier call moved the bucket back it no longer shows, and what comes back then may be all that this charge held, but never more.
  if (held.at > timeOfCharge(current, now) || current.last < state.last) return bucket
  // Nearly every settlement ends here: with the functions and records that the others need it would take twice as long.
  if (unforgiven === undefined) return { state: returnedTo(current, held, actual, now, rule), terms }
  const returned = (of: BucketState): BucketState => returnedTo(of, held, actual, now, rule)
  const isSince = held.at > unforgiven.since || (held.at === unforgiven.since && sameRule(held.terms.rule, rule))
  const account = isSince ? changeBoth(bucket, now, rule, returned) : giveBackForgiven(state, unforgiven, now, rule, returned)
  return { ...account, terms }
}

/** A state *at now* to which what a charge did not use has come back. */
function returnedTo(current: BucketState, held: HeldCharge, actual: number, now: Micros, rule: CountingRule): BucketState {
  const algorithm = algorithmOf(rule)
  const unused = { units: held.units - actual, charged: held.units, chargedAt: held.at }
  const at = timeOfCharge(current, now)
  let amount = algorithm.returnable(unused, at, rule, current)
  // The rule changed in between and the bucket does not know when: what came back in the meantime is counted at the faster of the two.
  const old = held.terms.rule
  if (!sameRule(old, rule)) amount = Math.min(amount, scaleDown(algorithmOf(old).returnable(unused, at, old), old.scale, rule.scale))
  return algorithm.giveBack(current, amount, rule, held.at)
}

function withDebt(bucket: Bucket | undefined, held: HeldCharge, extra: number, now: Micros): Settlement {
  const terms = bucket?.terms ?? held.terms
  const { rule } = terms
  const algorithm = algorithmOf(rule)
  const current = bucket === undefined ? fresh(terms.initial, now, rule) : algorithm.advance(bucket.state, now, rule)
  const room = floorDiv(Math.max(0, 2 * rule.capacity * rule.scale - algorithm.missing(current, rule)), rule.scale)
  const charged = Math.min(extra, room)
  const state = algorithm.debit(current, charged * rule.scale, rule)
  const unforgiven = bucket?.unforgiven && unforgivenBeside(state, bucket.unforgiven, now, charged, rule)
  return { bucket: { state, terms, unforgiven }, excess: extra - charged }
}

function fresh(initial: number, now: Micros, rule: CountingRule): BucketState {
  return algorithmOf(rule).decide(undefined, now, 0, rule, initial).before
}
