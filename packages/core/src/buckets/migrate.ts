/** How a bucket lives on when its rule changes. */

import type { Micros } from '../clock.ts'
import type { CountingRule } from '../rules/algorithm.ts'
import { algorithmOf } from '../rules/algorithms.ts'
import type { BucketState } from '../rules/rule.ts'
import { scaleDown, scaleUp } from '../rules/whole-number.ts'

/**
 * What is kept: the units used (what exceeds the new capacity is debt), the units remaining, the used share of the capacity, or nothing.
 *
 * Between rules that bring units back steadily, or at the same boundaries:
 *
 * - `keepUsed`, whatever the changes, lets no more through in any interval than the largest capacity refilled at the highest rate.
 * - `proportional` lets no more through than the largest capacity refilled as fast as the fastest rule fills its own: a unit that came
 *   back under a small capacity counts for several of a larger one. Where all fill in the same time that is the largest rule.
 * - `keepRemaining` keeps to the bound of `keepUsed` while capacities go one way. A bucket that is full under a smaller capacity is as
 *   good as never used, and so is full again when the capacity rises after it fell.
 * - `reset` fills the bucket at every change.
 *
 * Strategies that take turns may give what none gives alone: going down, `keepRemaining` forgets what was used beyond the smaller
 * capacity, and going up, `keepUsed` gives the whole difference.
 */
export type Migrate = 'keepUsed' | 'keepRemaining' | 'proportional' | 'reset'

/**
 * The bucket at `now`, under the rule `to`.
 *
 * Time up to `now` is credited at the old rate; then the missing amount is converted to the new scale, rounded against the caller.
 */
export function migrate(state: BucketState, now: Micros, from: CountingRule, to: CountingRule, how: Migrate): BucketState {
  const old = algorithmOf(from)
  const current = old.advance(state, now, from)
  // A bucket whose time lies ahead since the clock stepped back stays there: its time up to then has been credited already.
  return algorithmOf(to).lacking(convert(old.missing(current, from), from, to, how), Math.max(now, current.last), to)
}

function convert(missing: number, from: CountingRule, to: CountingRule, how: Migrate): number {
  const oldFull = from.capacity * from.scale
  const newFull = to.capacity * to.scale
  switch (how) {
    case 'keepUsed':
      return scaleUp(missing, from.scale, to.scale)
    case 'keepRemaining':
      if (missing > oldFull) return Math.min(newFull + scaleUp(missing - oldFull, from.scale, to.scale), Number.MAX_SAFE_INTEGER)
      return newFull - Math.min(newFull, scaleDown(oldFull - missing, from.scale, to.scale))
    case 'proportional':
      return scaleUp(missing, oldFull, newFull)
    case 'reset':
      return 0
  }
}
