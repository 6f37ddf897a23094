/** A bucket in a store: its state, the terms it was last decided under, and how it enters the next decision. */

import type { Micros } from '../clock.ts'
import { advancePool, isEmptyPool, isPool } from '../guarantees/guarantee-pool.ts'
import type { CountingRule } from '../rules/algorithm.ts'
import { algorithmOf } from '../rules/algorithms.ts'
import type { BucketState } from '../rules/rule.ts'
import type { Terms } from '../store.ts'
import { type Migrate, migrate } from './migrate.ts'

/** What a store keeps of a (limit, key). */
export interface Bucket {
  readonly state: BucketState
  readonly terms: Terms
}

/** Whether two rules decide alike: the same object, or the same numbers. */
export function sameRule(a: CountingRule, b: CountingRule): boolean {
  if (a === b) return true
  const names = Object.keys(a) as (keyof CountingRule)[]
  return names.every((name) => a[name] === b[name])
}

/**
 * The bucket under the terms of a call: what is stored wins over an older policy version; otherwise a changed rule converts the state.
 * An absent state means that the bucket is as good as never used.
 */
export function underTerms(bucket: Bucket, terms: Terms, now: Micros, how: Migrate): { state: BucketState | undefined; terms: Terms } {
  // Nearly every call: the same terms, under which a bucket that is full again and one never used are the same.
  if (bucket.terms === terms && terms.initial === terms.rule.capacity) return bucket
  if (hasLapsed(bucket, now)) return { state: undefined, terms }
  const { state, terms: stored } = bucket
  if (stored.version > terms.version) return bucket
  if (sameRule(stored.rule, terms.rule)) return { state, terms }
  return { state: migrate(state, now, stored.rule, terms.rule, how), terms }
}

/**
 * Microseconds for which a bucket at `now` must be kept. One that starts below its capacity is kept for as long again as it takes to
 * fill, because forgetting it when it is full would send its owner back to the start.
 */
export function keepUs({ state, terms }: Bucket, now: Micros): Micros {
  const { rule, initial } = terms
  const algorithm = algorithmOf(rule)
  const full = rule.capacity * rule.scale
  const rest = initial < rule.capacity ? algorithm.stand(algorithm.lacking(full, now, rule), now, 0, rule).resetUs : 0
  return algorithm.stand(state, now, 0, rule).resetUs + rest
}

/** Whether a bucket is as good as never used. */
export function hasLapsed(bucket: Bucket, now: Micros): boolean {
  const { state, terms } = bucket
  if (now < state.last) return false
  if (isPool(terms.rule)) return isEmptyPool(advancePool(state, now, terms.rule))
  if (terms.initial < terms.rule.capacity) return now - state.last >= keepUs(bucket, state.last)
  const { advance, missing } = algorithmOf(terms.rule)
  const current = advance(state, now, terms.rule)
  // What is carried matters even where nothing is missing: a child with a guarantee is present for a while.
  return current.carried === 0 && missing(current, terms.rule) === 0
}
