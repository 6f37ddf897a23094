/** Truth after the response: what a held charge gives back, or what it owes on top. */
import { algorithmOf } from './algorithms.ts'
import { type Bucket, hasLapsed, sameRule } from './bucket.ts'
import type { CountingRule } from './algorithm.ts'
import type { Micros } from './clock.ts'
import type { BucketState } from './rule.ts'
import type { HeldCharge } from './store.ts'
import { floorDiv, scaleDown } from './whole-number.ts'

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

/** A bucket with units given back, whatever was charged: at most to full. */
export function refundUnits(bucket: Bucket, units: number, now: Micros): Bucket {
  const { rule } = bucket.terms
  const algorithm = algorithmOf(rule)
  const state = algorithm.advance(bucket.state, now, rule)
  const amount = units > 2 * rule.capacity ? algorithm.missing(state, rule) : units * rule.scale
  return { state: algorithm.giveBack(state, amount, rule), terms: bucket.terms }
}

function withReturn({ state, terms }: Bucket, held: HeldCharge, actual: number, now: Micros): Bucket {
  const { rule } = terms
  const algorithm = algorithmOf(rule)
  const unused = { units: held.units - actual, charged: held.units, chargedAt: held.at }
  let amount = algorithm.returnable(unused, now, rule)
  // The rule changed in between and the bucket does not know when: what came back in the meantime is counted at the faster of the two.
  const old = held.terms.rule
  if (!sameRule(old, rule)) amount = Math.min(amount, scaleDown(algorithmOf(old).returnable(unused, now, old), old.scale, rule.scale))
  return { state: algorithm.giveBack(algorithm.advance(state, now, rule), amount, rule), terms }
}

function withDebt(bucket: Bucket | undefined, held: HeldCharge, extra: number, now: Micros): Settlement {
  const terms = bucket?.terms ?? held.terms
  const { rule } = terms
  const algorithm = algorithmOf(rule)
  const state = bucket === undefined ? fresh(terms.initial, now, rule) : algorithm.advance(bucket.state, now, rule)
  const missing = algorithm.missing(state, rule)
  const room = floorDiv(Math.max(0, 2 * rule.capacity * rule.scale - missing), rule.scale)
  const charged = Math.min(extra, room)
  return { bucket: { state: algorithm.lacking(missing + charged * rule.scale, state.last, rule), terms }, excess: extra - charged }
}

function fresh(initial: number, now: Micros, rule: CountingRule): BucketState {
  return algorithmOf(rule).decide(undefined, now, 0, rule, initial).before
}
