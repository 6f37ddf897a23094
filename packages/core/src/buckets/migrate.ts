/**
 * How a bucket lives on when its rule changes.
 *
 * Whatever the sequence of changes, no interval admits more than the largest rule in force in it would have admitted alone. For let a bucket
 * of that rule stand beside this one from the beginning of the interval on. It starts full, is charged the same, and fills at least as
 * fast, so that at any time it holds
 *
 * - at least what remains in this one, and
 * - at least C - h, where C is the capacity in force. h is all that was used and has not come back, as if each change had kept it.
 *
 * A change that leaves at most the larger of the two, under the new capacity, keeps that so. Every strategy does but `reset`, which forgets h.
 */

import type { Micros } from '../clock.ts'
import { type BucketState, bucketKind, type CountingRule, ruleKind } from '../kind.ts'
import type { Migrate } from '../store.ts'
import { scaleDown, scaleUp } from '../whole-number.ts'

/**
 * The account of a bucket at `now`, under the rule `to`.
 *
 * Time up to `now` is credited at the old rate; then what is missing is converted to the new scale, rounded against the caller.
 */
export function migrate({ state, uncapped }: Account, now: Micros, from: CountingRule, to: CountingRule, how: Migrate): Account {
  const { advance, missing } = bucketKind(from)
  const { lacking } = bucketKind(to)
  const current = advance(state, now, from)
  const lacks = missing(current, from)
  // A bucket whose time lies ahead since the clock stepped back stays there: its time up to then has been credited already.
  const at = Math.max(now, current.last)
  const inAll = uncapped === undefined ? lacks : Math.max(lacks, missing(advance(uncapped, now, from), from))
  const used = how === 'reset' ? 0 : scaleUp(inAll, from.scale, to.scale)
  const kept = { state: lacking(keptOf(lacks, used, from, to, how), at, to) }
  // The parent counts every unit, and enforces its own capacity.
  if (to[ruleKind].besideParent) return kept
  return accountOf(kept.state, lacking(used, at, to), to)
}

/** What is missing after a change, of a bucket that lacked so much before it; `used` is all that was used, in the new scale. */
function keptOf(missing: number, used: number, from: CountingRule, to: CountingRule, how: Migrate): number {
  switch (how) {
    case 'keepUsed':
      return used
    case 'keepRemaining':
      return leaving(missing, from, to)
    case 'proportional': {
      // Of a capacity of 0 nothing is a share.
      const share = from.capacity === 0 ? used : scaleUp(missing, from.capacity * from.scale, to.capacity * to.scale)
      return Math.max(share, Math.min(used, leaving(missing, from, to)))
    }
    case 'reset':
      return 0
  }
}

/** What is missing where as much remains as before, or as fits; what is owed stays owed. */
function leaving(missing: number, from: CountingRule, to: CountingRule): number {
  const oldFull = from.capacity * from.scale
  const newFull = to.capacity * to.scale
  if (missing > oldFull) return Math.min(newFull + scaleUp(missing - oldFull, from.scale, to.scale), Number.MAX_SAFE_INTEGER)
  return newFull - Math.min(newFull, scaleDown(oldFull - missing, from.scale, to.scale))
}

/**
 * The account of a bucket: what it lacks, and beside that, where a change of its rule forgave part of what was used, the uncapped state.
 *
 * What is forgiven once must not be had again. A caller that used 80 of 100 keeps the 20 that remain under a capacity of 50. When the
 * capacity rises again, the caller must not have 70. So both states are kept as long as they differ. Both refill by the rule in force. What
 * is charged to one, or returned to it, is charged or returned to the other as well.
 */
export interface Account {
  /** What decides. */
  readonly state: BucketState
  /** The bucket as it would stand had each change kept all that was used. Absent where nothing is forgiven. */
  readonly uncapped?: BucketState | undefined
}

/** What happens to a state *at now*. */
type Change = (current: BucketState) => BucketState

/** An account of two states *at now*; once nothing is forgiven any more, it is that of the first alone. */
export function accountOf(state: BucketState, uncapped: BucketState | undefined, rule: CountingRule): Account {
  if (uncapped === undefined) return { state }
  const { missing } = bucketKind(rule)
  return missing(uncapped, rule) > missing(state, rule) ? { state, uncapped } : { state }
}

/** The uncapped state beside a state *at now* that was charged these units; `undefined` once it lacks no more than that one. */
export function uncappedBeside(
  state: BucketState,
  uncapped: BucketState,
  now: Micros,
  units: number,
  rule: CountingRule,
): BucketState | undefined {
  const { advance, debit } = bucketKind(rule)
  return accountOf(state, debit(advance(uncapped, now, rule), units * rule.scale, rule), rule).uncapped
}

/** An account in which the same has happened to both states. */
export function changeBoth({ state, uncapped }: Account, now: Micros, rule: CountingRule, change: Change): Account {
  const { advance } = bucketKind(rule)
  return accountOf(change(advance(state, now, rule)), uncapped && change(advance(uncapped, now, rule)), rule)
}
