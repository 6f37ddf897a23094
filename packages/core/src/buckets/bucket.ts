/** A bucket in a store: its state, the terms it was last decided under, and how it enters the next decision. */

import type { Micros } from '../clock.ts'
import type { CountingRule } from '../rules/algorithm.ts'
import { algorithmOf } from '../rules/algorithms.ts'
import { advancePool, isEmptyPool, isPool } from '../rules/guarantee-pool.ts'
import type { BucketState } from '../rules/rule.ts'
import type { Terms } from '../store.ts'
import type { Account } from './account.ts'
import { type Migrate, migrate } from './migrate.ts'

/** What a store keeps of a (limit, key). */
export interface Bucket extends Account {
  readonly terms: Terms
}

/** A bucket as it enters a decision; an absent state means that it is as good as never used. */
export type Entered = Bucket | { readonly state: undefined; readonly terms: Terms; readonly unforgiven?: undefined }

/** Whether two rules decide alike: the same object, or the same numbers. */
export function sameRule(a: CountingRule, b: CountingRule): boolean {
  if (a === b) return true
  const names = Object.keys(a) as (keyof CountingRule)[]
  return names.every((name) => a[name] === b[name])
}

/** The bucket under the terms of a call: what is stored wins over an older policy version; otherwise a changed rule converts the state. */
export function underTerms(bucket: Bucket, terms: Terms, now: Micros, how: Migrate): Entered {
  // Nearly every call: the same terms, under which a bucket that is full again and one never used are the same.
  if (bucket.terms === terms && terms.initial === terms.rule.capacity) return bucket
  if (hasLapsed(bucket, now)) return { state: undefined, terms }
  const { terms: stored } = bucket
  if (stored.version > terms.version) return bucket
  if (sameRule(stored.rule, terms.rule)) return { ...bucket, terms }
  return { ...migrate(bucket, now, stored.rule, terms.rule, how), terms }
}

/**
 * Microseconds for which a bucket at `now` must be kept: until all that was used has come back. One that starts below its capacity is kept
 * for as long again as it takes to fill, because forgetting it when it is full would send its owner back to the start.
 */
export function keepUs({ state, unforgiven, terms }: Bucket, now: Micros): Micros {
  const { rule, initial } = terms
  const { lacking, stand } = algorithmOf(rule)
  const untilFull = (of: BucketState): Micros => stand(of, now, 0, rule).resetUs
  const back = unforgiven === undefined ? untilFull(state) : Math.max(untilFull(state), untilFull(unforgiven.state))
  return initial < rule.capacity ? back + untilFull(lacking(rule.capacity * rule.scale, now, rule)) : back
}

/** Whether a bucket is as good as never used. */
export function hasLapsed(bucket: Bucket, now: Micros): boolean {
  const { state, unforgiven, terms } = bucket
  if (now < state.last) return false
  if (isPool(terms.rule)) return isEmptyPool(advancePool(state, now, terms.rule))
  if (terms.initial < terms.rule.capacity) return now - state.last >= keepUs(bucket, state.last)
  return isFull(state, now, terms.rule) && (unforgiven === undefined || isFull(unforgiven.state, now, terms.rule))
}

function isFull(state: BucketState, now: Micros, rule: CountingRule): boolean {
  const { advance, missing } = algorithmOf(rule)
  const current = advance(state, now, rule)
  // What is carried matters even where nothing is missing: a child with a guarantee is present for a while.
  return current.carried === 0 && missing(current, rule) === 0
}
