/**
 * The token bucket: its numbers, parsed and made to fit exact arithmetic, and its decisions.
 *
 * `used` counts missing units times the rule's scale. So every microsecond returns a whole number, and nothing stored is ever rounded. The
 * Redis script takes the same steps on the same numbers.
 */
import type { Micros } from '../../clock.ts'
import {
  type BucketKind,
  type BucketState,
  type BucketStatus,
  type CountingRule,
  intern,
  ruleOf,
  type Step,
  type Unused,
} from '../../kind.ts'
import { checkOptions, type Duration, durationText, oneOf, parseDuration } from '../../options.ts'
import { ceilDiv, floorDiv, wholeNumber } from '../../whole-number.ts'
import { fitRate, partOfCapacity, partOfRate, partOfRefill, type Rate, reduceRate } from '../rate.ts'

/** Numbers of {@link tokenBucket}. */
export interface TokenBucketOptions {
  /** The most a full bucket admits at once, in units. Whole, from 0: 0 refuses every cost as impossible. */
  readonly capacity: number
  /** The period in which `refill` units come back. */
  readonly per: Duration
  /** Units that come back per period. Whole, from 1. @default capacity, or 1 for a capacity of 0 */
  readonly refill?: number | undefined
  /** `greedy` returns units one by one as time passes; `interval` all at once, at whole periods since the epoch. @default 'greedy' */
  readonly mode?: 'greedy' | 'interval' | undefined
}

/** A token bucket as the deciders use it. */
export interface TokenBucketRule extends CountingRule {
  readonly kind: 'token-bucket'
  readonly mode: 'greedy' | 'interval'
  /** Units. */
  readonly capacity: number
  /** Units per `perMs`; a share may have a fraction of one. */
  readonly refill: number
  readonly perMs: number
  /** Scaled units per microsecond (greedy) or per period (interval). */
  readonly rate: number
  /** The refill period in microseconds. */
  readonly periodUs: number
  /** Scaled units in one unit: as many as make `rate` a whole number. */
  readonly scale: number
}

/**
 * A token bucket: bursts up to `capacity`, then `refill` units per period.
 *
 * Over any interval t a greedy bucket admits at most `capacity + refill * t / per` units, to the unit, for ever; an interval bucket
 * `capacity + refill * ceil(t / per)`. A rate too fine to be counted exactly is slowed by a few parts per million, with a warning.
 * @throws SluiceError `SLUICE_WHOLE_NUMBER`, `SLUICE_DURATION`, `SLUICE_CHOICE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_RULE_TOO_LARGE`
 * @example
 * ```ts
 * tokenBucket({ capacity: 10, per: '1s' }) // a burst of 10, then one unit each 100 ms
 * tokenBucket({ capacity: 10, refill: 5, per: '1s' }) // a burst of 10, then one unit each 200 ms
 * ```
 */
export function tokenBucket(options: TokenBucketOptions): TokenBucketRule {
  checkOptions(options, 'tokenBucket', ['capacity', 'per', 'refill', 'mode'])
  const capacity = wholeNumber(options.capacity, 'capacity', 0)
  const perMs = parseDuration(options.per, 'per')
  const refill = options.refill === undefined ? Math.max(1, capacity) : wholeNumber(options.refill, 'refill', 1)
  const mode = options.mode === undefined ? 'greedy' : oneOf(options.mode, 'mode', ['greedy', 'interval'])
  const ticks = mode === 'greedy' ? perMs * 1000 : 1
  return tokenBucketOf({ mode, capacity, refill, perMs }, { units: BigInt(refill), ticks: BigInt(ticks) })
}

/**
 * The rule for parsed numbers.
 * @param rate - units per microsecond (greedy) or per period (interval), which for a share is finer than `refill` and `perMs` can say
 */
export function tokenBucketOf(shape: Pick<TokenBucketRule, 'mode' | 'capacity' | 'refill' | 'perMs'>, rate: Rate): TokenBucketRule {
  const { mode, capacity, refill, perMs } = shape
  return intern(`token-bucket ${mode} ${capacity} ${refill}/${perMs} ${rate.units}/${rate.ticks}`, () => {
    const periodUs = perMs * 1000
    const { units, ticks } = fitRate(reduceRate(rate), {
      capacity,
      refill,
      per: durationText(perMs),
      tickUs: mode === 'greedy' ? 1 : periodUs,
    })
    return ruleOf(tokenBucketKind, { mode, capacity, refill, perMs, rate: Number(units), scale: Number(ticks), periodUs })
  })
}

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
  // The clock stands still or went back. A bucket charged in what is now the future waits for that moment. If that moment lies further off
  // than the bucket takes to fill, the clock jumped there and back. The bucket must not block for the length of the jump.
  const timeToFull = ceilDiv(state.used, rule.rate) * (rule.mode === 'greedy' ? 1 : rule.periodUs)
  return state.last - now > timeToFull ? { used: state.used, last: now, carried: 0 } : state
}

/** The status of a bucket at `now`. */
function describe(state: BucketState, now: Micros, cost: number, rule: TokenBucketRule): BucketStatus {
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

/** The token bucket, as limiters and stores use it. */
export const tokenBucketKind: BucketKind<TokenBucketRule> = {
  name: 'token-bucket',
  part: (rule, part) =>
    tokenBucketOf(
      {
        mode: rule.mode,
        capacity: partOfCapacity(rule.capacity, part),
        refill: partOfRefill(rule.refill, part),
        perMs: rule.perMs,
      },
      partOfRate(rule, part),
    ),
  isSteady: (rule) => rule.mode === 'greedy',
  isAligned: (rule) => rule.mode === 'interval',
  decide: decideTokenBucket,
  advance,
  describe,
  debit: (state, amount) => ({ ...state, used: state.used + amount }),
  returnable,
  giveBack: (state, amount) => ({ ...state, used: Math.max(0, state.used - amount) }),
  missing: (state) => state.used,
  lacking,
}
