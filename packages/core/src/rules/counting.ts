/** Deciding and describing a bucket, for every kind of rule that can say what is missing and when it comes back. */

import type { Micros } from '../clock.ts'
import type { BucketState, BucketStatus, CountingRule, Decider, Step } from '../kind.ts'
import { floorDiv } from '../whole-number.ts'

/** What differs between kinds of rules. */
export interface Counting<R extends CountingRule> extends Omit<Decider<R>, 'decide' | 'describe'> {
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

/** The decider of a kind of rule. */
export function countingDecider<R extends CountingRule>(kind: Counting<R>): Decider<R> {
  const { advance, lacking, missing, debit, waitFor } = kind

  function decide(state: BucketState | undefined, now: Micros, cost: number, rule: R, initial: number): Step {
    const { capacity, scale } = rule
    const before = state === undefined ? lacking((capacity - initial) * scale, now, rule) : advance(state, now, rule)
    // A cost above capacity is told apart before it is multiplied: the product of a huge cost would not be exact.
    const admits = cost === 0 || (cost <= capacity && cost * scale <= capacity * scale - missing(before, rule))
    return { admits, before, after: admits && cost > 0 ? debit(before, cost * scale, rule) : before }
  }

  function describe(state: BucketState, now: Micros, cost: number, rule: R): BucketStatus {
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

  return { ...kind, decide, describe }
}
