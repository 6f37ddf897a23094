/** How a bucket lives on when its rule changes. */

import type { CountingRule } from './algorithm.ts'
import { algorithmOf } from './algorithms.ts'
import type { Micros } from './clock.ts'
import type { BucketState } from './rule.ts'
import { scaleDown, scaleUp } from './whole-number.ts'

/**
 * What is kept: the units used (what exceeds the new capacity is debt), the units remaining, the used share of the capacity, or nothing.
 * The first two let no more through than the larger capacity and what time brings back. With `proportional` a unit that came back
 * under a small capacity counts for several of a larger one; `reset` fills the bucket at every change.
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
