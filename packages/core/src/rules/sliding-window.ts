/**
 * The estimate of a sliding window, decided purely from two counts.
 *
 * `used` counts the units of the window that `last` lies in, `carried` those of the window before it. Windows are aligned to the epoch
 * and divided into ticks; a unit weighs as many ticks as its window has, and in the next window one less with every tick.
 */

import type { Micros } from '../clock.ts'
import type { Algorithm, Unused } from './algorithm.ts'
import { countingAlgorithm } from './counting.ts'
import type { BucketState } from './rule.ts'
import type { SlidingWindowRule } from './sliding-window-rule.ts'
import { ceilDiv, floorDiv } from './whole-number.ts'

function advance(state: BucketState, now: Micros, rule: SlidingWindowRule): BucketState {
  const { used, last, carried } = state
  if (now > last) {
    const windows = floorDiv(now, rule.periodUs) - floorDiv(last, rule.periodUs)
    if (windows === 0) return { used, last: now, carried }
    return { used: 0, last: now, carried: windows === 1 ? used : 0 }
  }
  // A clock that went back further than the bucket takes to fill jumped there and back; it must not block for the length of the jump.
  return last - now > fullAt(state, rule) - last ? lacking(missing(state, rule), now, rule) : state
}

function missing({ used, last, carried }: BucketState, rule: SlidingWindowRule): number {
  return used * rule.scale + carried * weightAt(last, rule)
}

/** What a unit of the window before weighs. */
function weightAt(now: Micros, { periodUs, tickUs, scale }: SlidingWindowRule): number {
  return scale - floorDiv(now - startOf(now, periodUs), tickUs)
}

function lacking(amount: number, now: Micros, rule: SlidingWindowRule): BucketState {
  return { used: ceilDiv(amount, rule.scale), last: now, carried: 0 }
}

/** The units of this window weigh less from its end on, and nothing from the end of the next. */
function fullAt({ used, last, carried }: BucketState, { periodUs }: SlidingWindowRule): Micros {
  if (used > 0) return startOf(last, periodUs) + 2 * periodUs
  return carried > 0 ? startOf(last, periodUs) + periodUs : last
}

/** A cost fits in when enough ticks of this window have passed, or of the next one, or at the latest when that has ended. */
function waitFor(units: number, { used, last, carried }: BucketState, now: Micros, rule: SlidingWindowRule): Micros {
  const { capacity, scale, periodUs, tickUs } = rule
  const next = startOf(last, periodUs) + periodUs
  const room = (capacity - units) * scale
  const roomNow = room - used * scale
  if (roomNow >= carried && carried > 0) return next - periodUs + (scale - floorDiv(roomNow, carried)) * tickUs - now
  if (room < used) return next + periodUs - now
  return next + (used === 0 ? 0 : Math.max(0, scale - floorDiv(room, used)) * tickUs) - now
}

/** Units come back within their window alone. */
function returnable({ units, chargedAt }: Unused, now: Micros, { periodUs, scale }: SlidingWindowRule): number {
  return startOf(chargedAt, periodUs) === startOf(now, periodUs) ? units * scale : 0
}

function giveBack({ used, last, carried }: BucketState, amount: number, rule: SlidingWindowRule): BucketState {
  const units = floorDiv(amount, rule.scale)
  if (units < used) return { used: used - units, last, carried }
  return { used: 0, last, carried: Math.max(0, carried - floorDiv(amount - used * rule.scale, weightAt(last, rule))) }
}

function startOf(now: Micros, periodUs: Micros): Micros {
  return floorDiv(now, periodUs) * periodUs
}

/** The estimate of a sliding window as the stores use it. */
export const slidingWindowAlgorithm: Algorithm<SlidingWindowRule> = countingAlgorithm({
  advance,
  missing,
  lacking,
  debit: ({ used, last, carried }, amount, rule) => ({ used: used + ceilDiv(amount, rule.scale), last, carried }),
  returnable,
  giveBack,
  waitFor,
})
