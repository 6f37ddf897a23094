/**
 * Strict burst max, decided purely: what a period takes above its refill is the debt of the next, and who has a debt cannot borrow.
 *
 * `used` counts the scaled units of the period that `last` lies in, `carried` what earlier periods took too much. Periods are aligned
 * to the epoch.
 */

import type { Micros } from '../clock.ts'
import type { Algorithm, Unused } from './algorithm.ts'
import type { BurstMaxRule } from './burst-max-rule.ts'
import { countingAlgorithm } from './counting.ts'
import type { BucketState } from './rule.ts'
import { ceilDiv, floorDiv } from './whole-number.ts'

function advance(state: BucketState, now: Micros, rule: BurstMaxRule): BucketState {
  const { used, last, carried } = state
  if (now > last) {
    const periods = periodsBetween(last, now, rule)
    if (periods === 0) return { used, last: now, carried }
    return { used: 0, last: now, carried: Math.max(0, carried + used - rule.rate * periods) }
  }
  // A clock that went back further than the bucket takes to fill jumped there and back; it must not block for the length of the jump.
  const timeToFull = ceilDiv(used + carried, rule.rate) * rule.periodUs
  return last - now > timeToFull ? { used, last: now, carried } : state
}

/** What has been used of the ceiling, and by how much a debt has lowered that: from the capacity to `rate - carried`. */
function missing({ used, carried }: BucketState, { capacity, scale, rate }: BurstMaxRule): number {
  return carried === 0 ? used : used + Math.max(0, capacity * scale - rate + carried)
}

/** A cost fits into the first period without a debt, or before that into one whose debt leaves room for it. */
function waitFor(units: number, { used, last, carried }: BucketState, now: Micros, rule: BurstMaxRule): Micros {
  const { rate, scale, periodUs } = rule
  const roomNeeded = Math.min(units * scale, rate)
  const periods = Math.max(1, ceilDiv(Math.max(0, used + carried - (rate - roomNeeded)), rate))
  // `last` lies ahead of `now` only after the clock went back; nothing comes back before it.
  return (floorDiv(Math.max(now, last), periodUs) + periods) * periodUs - now
}

function returnable({ units, charged, chargedAt }: Unused, now: Micros, rule: BurstMaxRule): number {
  const repaid = now > chargedAt ? rule.rate * periodsBetween(chargedAt, now, rule) : 0
  return Math.min(units * rule.scale, Math.max(0, charged * rule.scale - repaid))
}

/**
 * Takes from this period first, whichever the charge was made in: the sum that later periods have to repay is the same, and the debt
 * stays what keeps the caller from borrowing again.
 */
function giveBack({ used, last, carried }: BucketState, amount: number): BucketState {
  const now = Math.min(used, amount)
  return { used: used - now, last, carried: Math.max(0, carried - (amount - now)) }
}

function periodsBetween(from: Micros, to: Micros, { periodUs }: BurstMaxRule): number {
  return floorDiv(to, periodUs) - floorDiv(from, periodUs)
}

/** Strict burst max as the stores use it. */
export const burstMaxAlgorithm: Algorithm<BurstMaxRule> = countingAlgorithm({
  advance,
  missing,
  lacking: (amount, now) => ({ used: amount, last: now, carried: 0 }),
  debit: ({ used, last, carried }, amount) => ({ used: used + amount, last, carried }),
  returnable,
  giveBack,
  waitFor,
})
