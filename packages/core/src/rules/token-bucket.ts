/**
 * The token bucket, decided purely: what is missing, what time has brought back, what a cost needs.
 *
 * `used` counts missing units times the rule's scale, so that every microsecond brings back a whole number and nothing is ever
 * rounded while it is stored. The Redis script does the same steps on the same numbers.
 */

import type { Micros } from '../clock.ts'
import type { Algorithm, Standing, Step, Unused } from './algorithm.ts'
import type { BucketState } from './rule.ts'
import type { TokenBucketRule } from './token-bucket-rule.ts'
import { ceilDiv, floorDiv } from './whole-number.ts'

/** Decides one cost against one bucket; an absent state is a bucket never used, which holds `initial` units. */
export function decideTokenBucket(state: BucketState | undefined, now: Micros, cost: number, rule: TokenBucketRule, initial: number): Step {
  const before = state === undefined ? lacking((rule.capacity - initial) * rule.scale, now) : advance(state, now, rule)
  // A cost above capacity is told apart before it is multiplied: the product of a huge cost would not be exact.
  const admits = cost === 0 || (cost <= rule.capacity && cost * rule.scale <= rule.capacity * rule.scale - before.used)
  const charged = admits && cost > 0
  return { admits, before, after: charged ? { used: before.used + cost * rule.scale, last: before.last, carried: 0 } : before }
}

/** The bucket as it stands at `now`. */
function advance(state: BucketState, now: Micros, rule: TokenBucketRule): BucketState {
  if (now > state.last) {
    // The product may pass 2^53, but then it only rounds to something that is still above `used`.
    const used = Math.max(0, state.used - rule.rate * ticks(state.last, now, rule))
    return { used, last: now, carried: 0 }
  }
  // The clock stands still or went back. A bucket charged in what is now the future waits for that moment, unless it lies further
  // off than the bucket takes to fill: then the clock jumped there and back, and the bucket would block for the length of the jump.
  const timeToFull = ceilDiv(state.used, rule.rate) * (rule.mode === 'greedy' ? 1 : rule.periodUs)
  return state.last - now > timeToFull ? { used: state.used, last: now, carried: 0 } : state
}

/** What callers are told of a bucket at `now`. */
function stand(state: BucketState, now: Micros, cost: number, rule: TokenBucketRule): Standing {
  const free = rule.capacity * rule.scale - state.used
  const remaining = free <= 0 ? 0 : floorDiv(free, rule.scale)
  const full = state.used === 0
  return {
    remaining,
    retryUs: cost <= remaining ? 0 : cost > rule.capacity ? null : waitFor(cost * rule.scale - free, state.last, now, rule),
    replenishUs: full ? 0 : waitFor((remaining + 1) * rule.scale - free, state.last, now, rule),
    resetUs: full ? 0 : waitFor(state.used, state.last, now, rule),
  }
}

/**
 * What a reservation gives back: the unused units, less what time has brought back of the charge since, for the same units must not
 * come back twice. An interval bucket thus gives back only what no later period has refilled.
 */
function returnable({ units, charged, chargedAt }: Unused, now: Micros, rule: TokenBucketRule): number {
  const repaid = now > chargedAt ? rule.rate * ticks(chargedAt, now, rule) : 0
  return Math.min(units * rule.scale, Math.max(0, charged * rule.scale - repaid))
}

function lacking(amount: number, now: Micros): BucketState {
  return { used: amount, last: now, carried: 0 }
}

/** How often `rate` has come back between two moments: microseconds, or boundaries of periods since the epoch. */
function ticks(from: Micros, to: Micros, rule: TokenBucketRule): number {
  return rule.mode === 'greedy' ? to - from : floorDiv(to, rule.periodUs) - floorDiv(from, rule.periodUs)
}

/** Microseconds from `now` until `need` scaled units have come back. */
function waitFor(need: number, last: Micros, now: Micros, rule: TokenBucketRule): Micros {
  const count = ceilDiv(need, rule.rate)
  // `last` lies ahead of `now` only after the clock went back; nothing comes back before it.
  const start = Math.max(now, last)
  return rule.mode === 'greedy' ? start - now + count : (floorDiv(start, rule.periodUs) + count) * rule.periodUs - now
}

/** The token bucket as the stores use it. */
export const tokenBucketAlgorithm: Algorithm<TokenBucketRule> = {
  decide: decideTokenBucket,
  advance,
  stand,
  debit: (state, amount) => ({ ...state, used: state.used + amount }),
  returnable,
  giveBack: (state, amount) => ({ ...state, used: Math.max(0, state.used - amount) }),
  missing: (state) => state.used,
  lacking,
}
