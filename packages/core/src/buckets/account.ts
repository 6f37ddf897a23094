/**
 * The account of a bucket: what it lacks, and beside that, where a change of its rule has forgiven part of what was used, all of it.
 *
 * What is forgiven once must not be had once more: whoever had 80 of 100, and keeps the 20 that remain under a capacity of 50, may not have
 * 70 when the capacity rises again. So both are kept as long as they differ. Both come back by the rule in force, and what is charged to one
 * or given back is charged to the other and given back as well; `migrate.ts` says what a change makes of them.
 */

import type { Micros } from '../clock.ts'
import type { CountingRule } from '../rules/algorithm.ts'
import { algorithmOf } from '../rules/algorithms.ts'
import type { BucketState } from '../rules/rule.ts'

/** What a bucket knows of its use. */
export interface Account {
  /** What decides. */
  readonly state: BucketState
  /** Absent where nothing is forgiven. */
  readonly unforgiven?: Unforgiven | undefined
}

/** A bucket as it would stand had each change kept all that was used. */
export interface Unforgiven {
  readonly state: BucketState
  /** When the latest change was: what was charged before it may be among what is forgiven. */
  readonly since: Micros
}

/** What happens to a state *at now*. */
type Change = (current: BucketState) => BucketState

/** An account of two states *at now*; once nothing is forgiven any more, it is that of the first alone. */
export function accountOf(state: BucketState, unforgiven: Unforgiven | undefined, rule: CountingRule): Account {
  if (unforgiven === undefined) return { state }
  const { missing } = algorithmOf(rule)
  return missing(unforgiven.state, rule) > missing(state, rule) ? { state, unforgiven } : { state }
}

/** What is unforgiven, after something has happened to it at `now`. */
function changeUnforgiven({ state, since }: Unforgiven, now: Micros, rule: CountingRule, change: Change): Unforgiven {
  const current = algorithmOf(rule).advance(state, now, rule)
  // A bucket that goes back with the clock takes the change along.
  return { state: change(current), since: Math.min(since, current.last) }
}

/** What is unforgiven beside a state *at now* that has been charged these units; `undefined` once that is no more than the state lacks. */
export function unforgivenBeside(
  state: BucketState,
  unforgiven: Unforgiven,
  now: Micros,
  units: number,
  rule: CountingRule,
): Unforgiven | undefined {
  const charged = changeUnforgiven(unforgiven, now, rule, (current) => algorithmOf(rule).debit(current, units * rule.scale, rule))
  return accountOf(state, charged, rule).unforgiven
}

/** An account in which the same has happened to both states. */
export function changeBoth({ state, unforgiven }: Account, now: Micros, rule: CountingRule, change: Change): Account {
  const changed = change(algorithmOf(rule).advance(state, now, rule))
  return accountOf(changed, unforgiven && changeUnforgiven(unforgiven, now, rule, change), rule)
}

/**
 * The account of a state and what is unforgiven beside it, to which something comes back that may have been forgiven already: it lowers what
 * is unforgiven, and what the bucket lacks no further than to that.
 */
export function giveBackForgiven(state: BucketState, unforgiven: Unforgiven, now: Micros, rule: CountingRule, change: Change): Account {
  const { advance, missing } = algorithmOf(rule)
  const current = advance(state, now, rule)
  const left = changeUnforgiven(unforgiven, now, rule, change)
  return missing(left.state, rule) < missing(current, rule) ? { state: left.state } : accountOf(current, left, rule)
}
