/** Burst max's numbers: a rate, and how far a caller may run ahead of it. */
import { type Duration, durationText, parseDuration } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import { checkOptions, oneOf } from '../options.ts'
import { fitRate } from './fit-rate.ts'
import { type Part, partOfCapacity, partOfRate, partOfRefill } from './part.ts'
import { type Rate, reduceRate } from './rate.ts'
import { intern, type Rule } from './rule.ts'
import { type TokenBucketRule, tokenBucketOf } from './token-bucket-rule.ts'
import { wholeNumber } from './whole-number.ts'

/** Numbers of {@link burstMax}. */
export interface BurstMaxOptions {
  /** Units per period. Whole, from 1. */
  readonly refill: number
  /** The period, aligned to the epoch. */
  readonly per: Duration
  /** The most that one period may hold, in units: from `refill`, and in strict mode at most twice of it. @default 2 * refill */
  readonly capacity?: number | undefined
  /**
   * `strict`: what a period takes above `refill` is taken from the next one, which may not borrow again. `bucket`: an interval token
   * bucket, which may be drawn on again as soon as it has anything. @default 'strict'
   */
  readonly mode?: 'strict' | 'bucket' | undefined
}

/** Strict burst max as the decider uses it. */
export interface BurstMaxRule extends Rule {
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
 * Strict mode never borrows twice in a row: over any k periods it admits at most `k * refill + (capacity - refill)` units, and a period
 * after a burst of twice the refill admits none. Bucket mode holds the same bound, but after such a burst the next period admits
 * `refill` again.
 * @throws SluiceError `SLUICE_BURST`, `SLUICE_WHOLE_NUMBER`, `SLUICE_DURATION`, `SLUICE_CHOICE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_RULE_TOO_LARGE`
 */
export function burstMax(options: BurstMaxOptions & { readonly mode: 'bucket' }): TokenBucketRule
export function burstMax(options: BurstMaxOptions & { readonly mode?: 'strict' | undefined }): BurstMaxRule
export function burstMax(options: BurstMaxOptions): BurstMaxRule | TokenBucketRule
export function burstMax(options: BurstMaxOptions): BurstMaxRule | TokenBucketRule {
  checkOptions(options, 'burstMax', ['refill', 'per', 'capacity', 'mode'])
  const refill = wholeNumber(options.refill, 'refill', 1)
  const perMs = parseDuration(options.per, 'per')
  const capacity = options.capacity === undefined ? 2 * refill : wholeNumber(options.capacity, 'capacity', 1)
  const mode = options.mode === undefined ? 'strict' : oneOf(options.mode, 'mode', ['strict', 'bucket'])
  if (capacity < refill || (mode === 'strict' && capacity > 2 * refill)) throw new SluiceError('SLUICE_BURST', { capacity, refill, mode })
  const rate = { units: BigInt(refill), ticks: 1n }
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
    return { kind: 'burst-max', capacity, refill, perMs, rate: Number(units), scale: Number(ticks), periodUs }
  })
}

/** A part of a burst. One whose single unit is more than two refills has nothing to borrow, and is an interval token bucket. */
export function partOfBurstMax(rule: BurstMaxRule, part: Part): BurstMaxRule | TokenBucketRule {
  const shape = { capacity: partOfCapacity(rule.capacity, part), refill: partOfRefill(rule.refill, part), perMs: rule.perMs }
  const rate = partOfRate(rule, part)
  const borrows = BigInt(shape.capacity) * rate.ticks <= 2n * rate.units
  return borrows ? burstMaxOf(shape, rate) : tokenBucketOf({ mode: 'interval', ...shape }, rate)
}
