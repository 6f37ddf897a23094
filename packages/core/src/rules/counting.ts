/** Deciding and telling where a bucket stands: alike for every kind of rule that can say what is missing and when it comes back. */

import type { Micros } from '../clock.ts'
import type { Algorithm, CountingRule, Standing, Step } from './algorithm.ts'
import type { BucketState } from './rule.ts'
import { floorDiv } from './whole-number.ts'

/** What differs between kinds of rules. */
export interface Counting<R extends CountingRule> extends Omit<Algorithm<R>, 'decide' | 'stand'> {
  /** Microseconds until a bucket *at now* admits so many units, from 1 to the capacity and more than it admits now. */
  waitFor(units: number, state: BucketState, now: Micros, rule: R): Micros
}

/** How kinds of rules whose state is only what has been used of a window take units and give them back. */
export const ofOneWindow = {
  missing: (state: BucketState): number => state.used,
  lacking: (amount: number, now: Micros): BucketState => ({ used: amount, last: now, carried: 0 }),
  debit: ({ used, last }: BucketState, amount: number): BucketState => ({ used: used + amount, last, carried: 0 }),
  giveBack: ({ used, last }: BucketState, amount: number): BucketState => ({ used: Math.max(0, used - amount), last, carried: 0 }),
}

/** The algorithm of a kind of rule. */
export function countingAlgorithm<R extends CountingRule>(kind: Counting<R>): Algorithm<R> {
  const { advance, lacking, missing, debit, waitFor } = kind

  function decide(state: BucketState | undefined, now: Micros, cost: number, rule: R, initial: number): Step {
    const { capacity, scale } = rule
    const before = state === undefined ? lacking((capacity - initial) * scale, now, rule) : advance(state, now, rule)
    // A cost above capacity is told apart before it is multiplied: the product of a huge cost would not be exact.
    const admits = cost === 0 || (cost <= capacity && cost * scale <= capacity * scale - missing(before, rule))
    return { admits, before, after: admits && cost > 0 ? debit(before, cost * scale, rule) : before }
  }

  function stand(state: BucketState, now: Micros, cost: number, rule: R): Standing {
    const { capacity, scale } = rule
    const lacks = missing(state, rule)
    const free = capacity * scale - lacks
    const remaining = free <= 0 ? 0 : floorDiv(free, scale)
    return {
      remaining,
      retryUs: cost <= remaining ? 0 : cost > capacity ? null : waitFor(cost, state, now, rule),
      replenishUs: lacks === 0 ? 0 : waitFor(remaining + 1, state, now, rule),
      resetUs: lacks === 0 ? 0 : waitFor(capacity, state, now, rule),
    }
  }

  return { ...kind, decide, stand }
}
