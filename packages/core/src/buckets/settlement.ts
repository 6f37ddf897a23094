/** Truth after the response: what a held charge gives back, or what it owes on top. */

import type { Micros } from '../clock.ts'
import type { CountingRule } from '../rules/algorithm.ts'
import { algorithmOf } from '../rules/algorithms.ts'
import type { BucketState } from '../rules/rule.ts'
import { floorDiv, scaleDown } from '../rules/whole-number.ts'
import type { HeldCharge } from '../store.ts'
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
  const { rule } = bucket.terms
  const algorithm = algorithmOf(rule)
  const state = algorithm.advance(bucket.state, now, rule)
  // The product of a huge number is not exact, but more than is missing, and so it does not count.
  const amount = Math.min(units * rule.scale, algorithm.missing(state, rule))
  return { state: algorithm.giveBack(state, amount, rule), terms: bucket.terms }
}

/** The time of a charge: that of its bucket, which lies ahead of `now` while a clock that stepped back catches up. */
export function timeOfCharge(state: BucketState, now: Micros): Micros {
  return Math.max(now, state.last)
}

function withReturn({ state, terms }: Bucket, held: HeldCharge, actual: number, now: Micros): Bucket {
  const { rule } = terms
  const algorithm = algorithmOf(rule)
  const unused = { units: held.units - actual, charged: held.units, chargedAt: held.at }
  const current = algorithm.advance(state, now, rule)
  const at = timeOfCharge(current, now)
  // The clock went back so far that the bucket went with it: nobody knows how much of the charge has come back in the meantime. Where an
  // earlier call moved the bucket back it no longer shows, and what comes back then may be all that this charge held, but never more.
  if (held.at > at || current.last < state.last) return { state, terms }
  let amount = algorithm.returnable(unused, at, rule, current)
  // The rule changed in between and the bucket does not know when: what came back in the meantime is counted at the faster of the two.
  const old = held.terms.rule
  if (!sameRule(old, rule)) amount = Math.min(amount, scaleDown(algorithmOf(old).returnable(unused, at, old), old.scale, rule.scale))
  return { state: algorithm.giveBack(current, amount, rule, held.at), terms }
}

function withDebt(bucket: Bucket | undefined, held: HeldCharge, extra: number, now: Micros): Settlement {
  const terms = bucket?.terms ?? held.terms
  const { rule } = terms
  const algorithm = algorithmOf(rule)
  const state = bucket === undefined ? fresh(terms.initial, now, rule) : algorithm.advance(bucket.state, now, rule)
  const room = floorDiv(Math.max(0, 2 * rule.capacity * rule.scale - algorithm.missing(state, rule)), rule.scale)
  const charged = Math.min(extra, room)
  return { bucket: { state: algorithm.debit(state, charged * rule.scale, rule), terms }, excess: extra - charged }
}

function fresh(initial: number, now: Micros, rule: CountingRule): BucketState {
  return algorithmOf(rule).decide(undefined, now, 0, rule, initial).before
}
