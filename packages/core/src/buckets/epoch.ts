/**
 * The epoch of a bucket: it ends when the rule changes and when the bucket is reset, and with it every right of a reservation to give back.
 *
 * Within one epoch the open reservations can together return no more than the bucket lacks: time lowers the right of each of them, and what
 * is missing only once. A new rule breaks that, because nobody knows how much came back under the rules in between. So does a reset, because
 * it fills the bucket. So a settlement returns units only in the epoch of its charge. When in doubt, less is returned.
 *
 * An epoch is a number: the time at which the bucket would have been full without the change. By then time has brought back all that older
 * reservations could return, so the number may be forgotten, and it is kept no longer than the bucket would have been. 0 is the epoch of a
 * bucket of which no change matters, which is nearly every bucket. It takes no memory.
 */

import type { Micros } from '../clock.ts'
import { bucketKind } from '../rules/kind.ts'
import type { Bucket } from './bucket.ts'

/** Epochs never pass this number, the year 2112, so that the next one is always another number. */
const latest = 2 ** 52

/** The epoch of a bucket, or 0 once it matters no more. */
export function epochAt({ epoch = 0 }: Pick<Bucket, 'epoch'>, now: Micros): Micros {
  return epoch > now ? epoch : 0
}

/** The epoch that a change begins at `now`; 0 where no reservation could return anything in any case. */
export function nextEpoch(bucket: Bucket, now: Micros): Micros {
  const { state, terms } = bucket
  const { rule } = terms
  const { advance, describe } = bucketKind(rule)
  const fullAt = now + describe(advance(state, now, rule), now, 0, rule).resetUs
  const current = epochAt(bucket, now)
  return Math.max(fullAt > now ? Math.min(fullAt, latest) : 0, current === 0 ? 0 : current + 1)
}
