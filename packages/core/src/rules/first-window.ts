/**
 * Windows that begin with a key's first charge, decided purely.
 *
 * `used` counts the scaled units of the window that began at `last`. A bucket with nothing used has no window: its next charge begins
 * one.
 */

import type { Micros } from '../clock.ts'
import type { Algorithm, Unused } from './algorithm.ts'
import { countingAlgorithm, ofOneWindow } from './counting.ts'
import type { FirstWindowRule } from './first-window-rule.ts'
import type { BucketState } from './rule.ts'
import { ceilDiv, floorDiv } from './whole-number.ts'

function advance(state: BucketState, now: Micros, rule: FirstWindowRule): BucketState {
  const { used, last } = state
  if (used === 0) return { used: 0, last: now, carried: 0 }
  if (now < last) {
    // A clock that went back further than the bucket takes to fill jumped there and back; it must not block for the length of the jump.
    return last - now > ceilDiv(used, rule.rate) * rule.periodUs ? { used, last: now, carried: 0 } : state
  }
  const windows = floorDiv(now - last, rule.periodUs)
  if (windows === 0) return state
  const left = Math.max(0, used - rule.rate * windows)
  return { used: left, last: left === 0 ? now : last + windows * rule.periodUs, carried: 0 }
}

function waitFor(units: number, { used, last }: BucketState, now: Micros, rule: FirstWindowRule): Micros {
  const need = units * rule.scale - (rule.capacity * rule.scale - used)
  return last + ceilDiv(need, rule.rate) * rule.periodUs - now
}

/** Without the bucket nobody knows where the window of the charge ended; then it is taken to have ended at once. */
function returnable({ units, charged, chargedAt }: Unused, now: Micros, rule: FirstWindowRule, state?: BucketState): number {
  const ended = state === undefined ? 1 + floorDiv(now - chargedAt, rule.periodUs) : windowsBetween(chargedAt, state.last, rule)
  return Math.min(units * rule.scale, Math.max(0, charged * rule.scale - rule.rate * ended))
}

/** Windows that have begun since a charge, up to the one that began at `last`. */
function windowsBetween(chargedAt: Micros, last: Micros, { periodUs }: FirstWindowRule): number {
  return last > chargedAt ? ceilDiv(last - chargedAt, periodUs) : 0
}

/** Windows from the first charge as the stores use them. */
export const firstWindowAlgorithm: Algorithm<FirstWindowRule> = countingAlgorithm({ ...ofOneWindow, advance, returnable, waitFor })
