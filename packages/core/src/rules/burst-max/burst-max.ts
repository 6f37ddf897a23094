/**
 * Burst max: a rate, and how far a caller may run ahead of it.
 *
 * In strict mode, what a period takes above its refill is the debt of the next, and a caller with a debt cannot borrow. `used` counts the
 * scaled units of the period that `last` lies in, `carried` what earlier periods took too much. Periods are aligned to the epoch.
 */

import type { Micros } from '../../clock.ts'
import { SLUICE_BURST } from '../../errors.ts'
import { type BucketKind, type BucketState, type CountingRule, intern, type Part, ruleOf, type Unused } from '../../kind.ts'
import { checkOptions, type Duration, durationText, oneOf, parseDuration } from '../../options.ts'
import { SluiceError } from '../../sluice-error.ts'
import { ceilDiv, floorDiv, wholeNumber } from '../../whole-number.ts'
import { countingDecider } from '../counting.ts'
import { fitRate, partOfCapacity, partOfRate, partOfRefill, type Rate, reduceRate } from '../rate.ts'
import { type TokenBucketRule, tokenBucketOf } from '../token-bucket/token-bucket.ts'

/** Numbers of {@link burstMax}. */
export interface BurstMaxOptions {
  /** Units per period. Whole, from 0, which is for a capacity of 0. */
  readonly refill: number
  /** The period, aligned to the epoch. */
  readonly per: Duration
  /** The most that one period may hold, in units: from `refill`, and in strict mode at most twice of it. 0 refuses every cost as impossible. @default 2 * refill */
  readonly capacity?: number | undefined
  /**
   * `strict`: what a period takes above `refill` is taken from the next one, which may not borrow again. `bucket`: an interval token
   * bucket, which may be drawn on again as soon as it has anything. @default 'strict'
   */
  readonly mode?: 'strict' | 'bucket' | undefined
}

/** Strict burst max as the decider uses it. */
export interface BurstMaxRule extends CountingRule {
  readonly kind: 'burst-max'
  /** Units. */
  readonly capacity: number
  /** Units per `perMs`; a share may have a fraction of one. */
  readonly refill: number
  readonly perMs: number
  /** Scaled units per period. */
  readonly rate: number
  /** Scaled units in one unit: as many as make `rate` a whole number. */
  readonly scale: number
  /** The period in microseconds. */
  readonly periodUs: number
}

/**
 * A rate that may be exceeded up to `capacity` in one period, at the cost of the next.
 *
 * Strict mode never borrows twice in a row. Over any k periods it admits at most `k * refill + (capacity - refill)` units. A period after
 * a burst of twice the refill admits none. Bucket mode holds the same bound, but after such a burst the next period admits
 * `refill` again.
 * @throws SluiceError `SLUICE_BURST`, `SLUICE_WHOLE_NUMBER`, `SLUICE_DURATION`, `SLUICE_CHOICE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_RULE_TOO_LARGE`
 * @example
 * ```ts
 * burstMax({ refill: 10, per: '1s' }) // 10 a second; up to 20 in one second, which leaves none for the next
 * ```
 */
export function burstMax(options: BurstMaxOptions & { readonly mode: 'bucket' }): TokenBucketRule
export function burstMax(options: BurstMaxOptions & { readonly mode?: 'strict' | undefined }): BurstMaxRule
export function burstMax(options: BurstMaxOptions): BurstMaxRule | TokenBucketRule
export function burstMax(options: BurstMaxOptions): BurstMaxRule | TokenBucketRule {
  checkOptions(options, 'burstMax', ['refill', 'per', 'capacity', 'mode'])
  const refill = wholeNumber(options.refill, 'refill', 0)
  const perMs = parseDuration(options.per, 'per')
  const capacity = options.capacity === undefined ? 2 * refill : wholeNumber(options.capacity, 'capacity', 0)
  const mode = options.mode === undefined ? 'strict' : oneOf(options.mode, 'mode', ['strict', 'bucket'])
  const isBelow = capacity < refill && capacity > 0
  if (isBelow || (capacity > 0 && refill === 0) || (mode === 'strict' && capacity > 2 * refill))
    throw new SluiceError(SLUICE_BURST, { capacity, refill, mode })
  const rate = { units: BigInt(Math.max(1, refill)), ticks: 1n }
  return mode === 'bucket'
    ? tokenBucketOf({ mode: 'interval', capacity, refill, perMs }, rate)
    : burstMaxOf({ capacity, refill, perMs }, rate)
}

/**
 * The strict rule for parsed numbers; the capacity is at most twice the refill.
 * @param rate - units per period, which for a share is finer than `refill` can say
 */
export function burstMaxOf(shape: Pick<BurstMaxRule, 'capacity' | 'refill' | 'perMs'>, rate: Rate): BurstMaxRule {
  const { capacity, refill, perMs } = shape
  return intern(`burst-max ${capacity} ${refill}/${perMs} ${rate.units}/${rate.ticks}`, () => {
    const periodUs = perMs * 1000
    const { units, ticks } = fitRate(reduceRate(rate), { capacity, refill, per: durationText(perMs), tickUs: periodUs })
    return ruleOf(burstMaxKind, { capacity, refill, perMs, rate: Number(units), scale: Number(ticks), periodUs })
  })
}

/** A part of a burst. One whose single unit is more than two refills has nothing to borrow, and is an interval token bucket. */
function partOfBurstMax(rule: BurstMaxRule, part: Part): BurstMaxRule | TokenBucketRule {
  const shape = { capacity: partOfCapacity(rule.capacity, part), refill: partOfRefill(rule.refill, part), perMs: rule.perMs }
  const rate = partOfRate(rule, part)
  const borrows = BigInt(shape.capacity) * rate.ticks <= 2n * rate.units
  return borrows ? burstMaxOf(shape, rate) : tokenBucketOf({ mode: 'interval', ...shape }, rate)
}

function advance(state: BucketState, now: Micros, rule: BurstMaxRule): BucketState {
  const { used, last, carried } = state
  if (now > last) {
    const periods = periodsBetween(last, now, rule)
    if (periods === 0) return { used, last: now, carried }
    return { used: 0, last: now, carried: Math.max(0, carried + used - rule.rate * periods) }
  }
  // A clock that went back further than the bucket takes to fill jumped there and back; it must not block for the length of the jump.
  const timeToFull = ceilDiv(used + carried, rule.rate) * rule.periodUs
  return last - now > timeToFull ? { used, last: now, carried } : state
}

/** What has been used of the ceiling, and by how much a debt has lowered that: from the capacity to `rate - carried`. */
function missing({ used, carried }: BucketState, { capacity, scale, rate }: BurstMaxRule): number {
  return carried === 0 ? used : used + Math.max(0, capacity * scale - rate + carried)
}

/** A cost fits into the first period without a debt, or before that into one whose debt leaves room for it. */
function waitFor(units: number, { used, last, carried }: BucketState, now: Micros, rule: BurstMaxRule): Micros {
  const { rate, scale, periodUs } = rule
  const roomNeeded = Math.min(units * scale, rate)
  const periods = Math.max(1, ceilDiv(Math.max(0, used + carried - (rate - roomNeeded)), rate))
  // `last` lies ahead of `now` only after the clock went back; nothing comes back before it.
  return (floorDiv(Math.max(now, last), periodUs) + periods) * periodUs - now
}

function returnable({ units, charged, chargedAt }: Unused, now: Micros, rule: BurstMaxRule): number {
  const repaid = now > chargedAt ? rule.rate * periodsBetween(chargedAt, now, rule) : 0
  return Math.min(units * rule.scale, Math.max(0, charged * rule.scale - repaid))
}

/**
 * Takes from this period first, whichever period the charge was made in. The sum that later periods have to repay is the same, and the
 * debt still keeps the caller from borrowing again.
 */
function giveBack({ used, last, carried }: BucketState, amount: number): BucketState {
  const now = Math.min(used, amount)
  return { used: used - now, last, carried: Math.max(0, carried - (amount - now)) }
}

function periodsBetween(from: Micros, to: Micros, { periodUs }: BurstMaxRule): number {
  return floorDiv(to, periodUs) - floorDiv(from, periodUs)
}

/** Strict burst max, as limiters and stores use it. */
export const burstMaxKind: BucketKind<BurstMaxRule> = {
  name: 'burst-max',
  part: partOfBurstMax,
  isAligned: () => true,
  // A burst is taken from the next period, which others are guaranteed a part of: it is not for those who borrow.
  lendable: ({ used, carried }, { rate }) => rate - carried - used,
  ...countingDecider({
    advance,
    missing,
    lacking: (amount, now) => ({ used: amount, last: now, carried: 0 }),
    debit: ({ used, last, carried }, amount) => ({ used: used + amount, last, carried }),
    returnable,
    giveBack,
    waitFor,
  }),
}
