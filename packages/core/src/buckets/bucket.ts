/** A bucket in a store: its state, its epoch, the terms it was last decided under, and how it enters the next decision. */

import type { Micros } from '../clock.ts'
import { type BucketState, bucketKind, type CountingRule } from '../kind.ts'
import type { Migrate, Terms } from '../store.ts'
import { type Account, migrate } from './migrate.ts'

/** What a store keeps of a (limit, key). */
export interface Bucket extends Account {
  readonly terms: Terms
  /** See {@link epochAt}; absent or 0 where no change matters. */
  readonly epoch?: Micros | undefined
}

/** A bucket as it enters a decision; an absent state means that it is as good as never used. */
export type Entered = Bucket | (Omit<Bucket, 'state'> & { readonly state: undefined })

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
  if (isExpired(bucket, now)) return { state: undefined, terms, epoch: epochAt(bucket, now) }
  const { terms: stored } = bucket
  if (stored.version > terms.version) return bucket
  if (sameRule(stored.rule, terms.rule)) return { ...bucket, terms }
  return { ...migrate(bucket, now, stored.rule, terms.rule, how), terms, epoch: nextEpoch(bucket, now) }
}

/** For so long a bucket that starts with less than its capacity is kept at least after it is full. A late client finds it then. */
const idleUs = 600_000_000

/**
 * Microseconds for which a bucket at `now` must be kept: until it is full. A bucket with an `initial` below its capacity is kept longer, by
 * the time to fill an empty one, or by ten minutes. If it were forgotten sooner, a client that waits for `Retry-After`, in whole seconds or
 * longer, would start at `initial` again, each time.
 */
export function keepUs({ state, uncapped, terms }: Bucket, now: Micros): Micros {
  const { rule, initial } = terms
  const { lacking, describe } = bucketKind(rule)
  const untilFull = (of: BucketState): Micros => describe(of, now, 0, rule).resetUs
  const back = uncapped === undefined ? untilFull(state) : Math.max(untilFull(state), untilFull(uncapped))
  return initial < rule.capacity ? back + Math.max(idleUs, untilFull(lacking(rule.capacity * rule.scale, now, rule))) : back
}

/** Whether a bucket is as good as never used. */
export function isExpired(bucket: Bucket, now: Micros): boolean {
  const { state, uncapped, terms } = bucket
  if (now < state.last) return false
  if (terms.initial < terms.rule.capacity) return now - state.last >= keepUs(bucket, state.last)
  return isFull(state, now, terms.rule) && (uncapped === undefined || isFull(uncapped, now, terms.rule))
}

/** Whether nothing must be remembered of a bucket: it is as good as never used, and no reservation of an earlier epoch could return units. */
export function canForget(bucket: Bucket, now: Micros): boolean {
  return epochAt(bucket, now) === 0 && isExpired(bucket, now)
}

/** What is kept of a bucket that is reset at `now`: one as good as never used, in a new epoch. `undefined` where nothing must be kept. */
export function resetBucket(bucket: Bucket, now: Micros): Bucket | undefined {
  const epoch = isExpired(bucket, now) ? epochAt(bucket, now) : nextEpoch(bucket, now)
  if (epoch === 0) return undefined
  const { rule, initial } = bucket.terms
  // Full since the epoch, so it is expired at any time, also with a lower `initial`. The next call with a cost starts it.
  const terms = initial < rule.capacity ? { ...bucket.terms, initial: rule.capacity } : bucket.terms
  return { state: bucketKind(rule).lacking(0, 0, rule), terms, epoch }
}

function isFull(state: BucketState, now: Micros, rule: CountingRule): boolean {
  const { advance, missing } = bucketKind(rule)
  const current = advance(state, now, rule)
  // What is carried matters even if nothing is missing: some kinds of rules remember there who has asked.
  return current.carried === 0 && missing(current, rule) === 0
}

/** Epochs never pass this number, the year 2112, so that the next one is always another number. */
const latest = 2 ** 52

/**
 * The epoch of a bucket, or 0 once it matters no more. It ends when the rule changes and when the bucket is reset, and with it every right
 * of a reservation to give back.
 *
 * Within one epoch the open reservations can together return no more than the bucket lacks. Time lowers the right of each of them, and
 * what is missing only once. A new rule breaks that, because it is unknown how much came back under the rules in between. So does a reset,
 * because it fills the bucket. So a settlement returns units only in the epoch of its charge. When in doubt, less is returned.
 *
 * An epoch is a number: the time at which the bucket would have been full without the change. By then time has brought back all that older
 * reservations could return, so the number may be forgotten. It is kept no longer than the bucket would have been. 0 is the epoch of a
 * bucket of which no change matters, which is nearly every bucket. It takes no memory.
 */
export function epochAt({ epoch = 0 }: Pick<Bucket, 'epoch'>, now: Micros): Micros {
  return epoch > now ? epoch : 0
}

/** The epoch that a change begins at `now`; 0 where no reservation could return anything in any case. */
function nextEpoch(bucket: Bucket, now: Micros): Micros {
  const { state, terms } = bucket
  const { rule } = terms
  const { advance, describe } = bucketKind(rule)
  const fullAt = now + describe(advance(state, now, rule), now, 0, rule).resetUs
  const current = epochAt(bucket, now)
  return Math.max(fullAt > now ? Math.min(fullAt, latest) : 0, current === 0 ? 0 : current + 1)
}
