/** The token bucket's numbers: parsed, reduced, and made to fit exact arithmetic. */
import { type Duration, durationText, parseDuration } from '../duration.ts'
import { checkOptions, oneOf } from '../options.ts'
import { fitRate } from './fit-rate.ts'
import { type Part, partOfCapacity, partOfRate, partOfRefill } from './part.ts'
import { type Rate, reduceRate } from './rate.ts'
import { intern, type Rule } from './rule.ts'
import { wholeNumber } from './whole-number.ts'

/** Numbers of {@link tokenBucket}. */
export interface TokenBucketOptions {
  /** The most a full bucket admits at once, in units. Whole, from 1. */
  readonly capacity: number
  /** The period in which `refill` units come back. */
  readonly per: Duration
  /** Units that come back per period. Whole, from 1. @default capacity */
  readonly refill?: number | undefined
  /** `greedy` returns units one by one as time passes; `interval` all at once, at whole periods since the epoch. @default 'greedy' */
  readonly mode?: 'greedy' | 'interval' | undefined
}

/** A token bucket as the deciders use it. */
export interface TokenBucketRule extends Rule {
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
 */
export function tokenBucket(options: TokenBucketOptions): TokenBucketRule {
  checkOptions(options, 'tokenBucket', ['capacity', 'per', 'refill', 'mode'])
  const capacity = wholeNumber(options.capacity, 'capacity', 1)
  const perMs = parseDuration(options.per, 'per')
  const refill = options.refill === undefined ? capacity : wholeNumber(options.refill, 'refill', 1)
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
    return { kind: 'token-bucket', mode, capacity, refill, perMs, rate: Number(units), scale: Number(ticks), periodUs }
  })
}

/** A part of a bucket: its rate exactly, its capacity rounded down. */
export function partOfTokenBucket(rule: TokenBucketRule, part: Part): TokenBucketRule {
  const { mode, capacity, refill, perMs } = rule
  return tokenBucketOf(
    { mode, capacity: partOfCapacity(capacity, part), refill: partOfRefill(refill, part), perMs },
    partOfRate(rule, part),
  )
}
