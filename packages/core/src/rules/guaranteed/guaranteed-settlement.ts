/** Truth after the response, for a guaranteed share: what comes back within its period is kept for the child again. */
import { type Bucket, epochAt, isExpired } from '../../buckets/bucket.ts'
import { mayReturn, settleCharge, timeOfCharge } from '../../buckets/settlement.ts'
import type { Micros } from '../../clock.ts'
import type { HeldCharge } from '../../store.ts'
import { type GuaranteedRule, guaranteedDecider, isGuaranteed } from './guaranteed.ts'
import { type Counted, countedNothing, countedOf } from './reserved-shares.ts'

const { advance, returnable, giveBack, debit } = guaranteedDecider

/**
 * Replaces the units of a held charge by those that were used; `undefined` where there is nothing to write.
 *
 * A debt is its parent's, in full; here it only counts as used. The period that it is charged in is the present one.
 */
export function settleGuaranteed(bucket: Bucket | undefined, held: HeldCharge, actual: number, now: Micros): Bucket | undefined {
  const live = bucket === undefined || isExpired(bucket, now) ? undefined : bucket
  if (live !== undefined && !isGuaranteed(live.terms.rule)) return settleCharge(live, held, actual, now).bucket
  if (actual === held.units) return undefined
  const terms = live?.terms ?? held.terms
  const rule = terms.rule as GuaranteedRule
  const epoch = bucket === undefined ? 0 : epochAt(bucket, now)
  const state = live === undefined ? { used: 0, last: now, carried: 0 } : advance(live.state, now, rule)
  if (actual > held.units) return { state: debit(state, Math.min(actual - held.units, mostOwed), rule), terms, epoch }
  if (live === undefined || !mayReturn(live, held, now)) return undefined
  const at = timeOfCharge(state, now)
  // The clock went back so far that the bucket went with it: it is unknown which period the charge was in.
  if (held.at > at || state.last < live.state.last) return undefined
  const unused = { units: held.units - actual, charged: held.units, chargedAt: held.at }
  return { state: giveBack(state, returnable(unused, at, rule), rule), terms, epoch }
}

/** Far more than any guarantee, and so little that the sum of many stays exact. */
const mostOwed = 2 ** 40

/** What the record of the parent counts of a child's bucket, if that is one of a guaranteed share of such a period. */
export function countedIn(bucket: Bucket | undefined, now: Micros, periodUs: number): Counted {
  if (bucket === undefined) return countedNothing
  const { rule } = bucket.terms
  // A record of other periods has begun anew.
  return isGuaranteed(rule) && rule.periodUs === periodUs ? countedOf(advance(bucket.state, now, rule), rule) : countedNothing
}
