/**
 * The account of a bucket: what it lacks, and beside that, where a change of its rule forgave part of what was used, the uncapped state.
 *
 * What is forgiven once must not be had again: a caller that used 80 of 100 keeps the 20 that
 * remain under a capacity of 50. When the capacity rises again, the caller must not have 70. So both states are kept as long as they
 * differ. Both refill by the rule in force. What is charged to
 * one, or returned to it, is charged or returned to the other as well; `migrate.ts` says what a change makes of them.
 */

import type { Micros } from '../clock.ts'
import type { BucketState, CountingRule } from '../rules/kind.ts'
import { bucketKind } from '../rules/kind.ts'

/** What a bucket knows of its use. */
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
