/** Sliding windows' numbers: how much any stretch of time as long as the window may hold. */
import { type Duration, durationText, parseDuration } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import { checkOptions, optionalOf } from '../options.ts'
import { type Part, partOfWindow } from './part.ts'
import { intern, type Rule } from './rule.ts'
import { longestWindowUs, mostLogged, type SlidingLogRule, slidingLogOf } from './sliding-log-rule.ts'
import { ceilDiv, wholeNumber } from './whole-number.ts'

/** Numbers of {@link slidingWindow}. */
export interface SlidingWindowOptions {
  /** Units that one window holds. Whole, from 1; with `exact` at most 10,000. */
  readonly capacity: number
  /** The length of the window. */
  readonly per: Duration
  /** Keep the time of every admission instead of two counts: no error, and up to 16 bytes and a step of work for each unit of the capacity. @default false */
  readonly exact?: boolean | undefined
}

/** The estimate of a sliding window, as the decider uses it. */
export interface SlidingWindowRule extends Rule {
  readonly kind: 'sliding-window'
  /** Units. */
  readonly capacity: number
  /** Units per `perMs`; a share of less than one unit has a fraction of one. */
  readonly refill: number
  readonly perMs: number
  /** The length of the window in microseconds; that of a share of less than one unit is longer than `perMs`. */
  readonly periodUs: number
  /** The weight of a unit at the beginning of the window after its own; it falls by 1 with every tick. */
  readonly scale: number
  /** Microseconds in a tick: 1 unless the products would pass 2^53. */
  readonly tickUs: number
}

/**
 * At most `capacity` units in the last `per`, wherever that lies: by default an estimate from the counts of this window and the one
 * before it, which is taken to have been used evenly.
 *
 * When e of the present window has passed, the units of the last `per` are those of this window and the later part of the c units of
 * the window before, which is taken as `c * (1 - e / per)`: that is off by at most `c * e / per` to the caller's favour and
 * `c * (1 - e / per)` to its disfavour, and right for even traffic. A window aligned to the epoch never holds more than the capacity,
 * any other stretch of that length always less than twice of it, and the lasting rate is at most the capacity per window. With `exact`
 * no stretch of that length holds more than the capacity.
 * @throws SluiceError `SLUICE_WHOLE_NUMBER`, `SLUICE_DURATION`, `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_RULE_TOO_LARGE`
 */
export function slidingWindow(options: SlidingWindowOptions & { readonly exact: true }): SlidingLogRule
export function slidingWindow(options: SlidingWindowOptions & { readonly exact?: false | undefined }): SlidingWindowRule
export function slidingWindow(options: SlidingWindowOptions): SlidingWindowRule | SlidingLogRule
export function slidingWindow(options: SlidingWindowOptions): SlidingWindowRule | SlidingLogRule {
  checkOptions(options, 'slidingWindow', ['capacity', 'per', 'exact'])
  optionalOf(options.exact, 'exact', 'boolean')
  const capacity = wholeNumber(options.capacity, 'capacity', 1, options.exact ? mostLogged : undefined)
  const perMs = parseDuration(options.per, 'per')
  const shape = { capacity, refill: capacity, perMs, periodUs: perMs * 1000 }
  return options.exact ? slidingLogOf(shape) : slidingWindowOf(shape)
}

/** Ticks in a window that still make an estimate of it. */
const fewestTicks = 1000

/** The rule for parsed numbers. @throws SluiceError `SLUICE_RULE_TOO_LARGE` */
export function slidingWindowOf(shape: Pick<SlidingWindowRule, 'capacity' | 'refill' | 'perMs' | 'periodUs'>): SlidingWindowRule {
  const { capacity, refill, perMs, periodUs } = shape
  return intern(`sliding-window ${capacity} ${refill}/${perMs} ${periodUs}`, () => {
    // Both windows may owe as much as the capacity again.
    const mostTicks = Math.floor(Number.MAX_SAFE_INTEGER / (4 * capacity))
    if (mostTicks < fewestTicks || periodUs > longestWindowUs)
      throw new SluiceError('SLUICE_RULE_TOO_LARGE', { capacity, per: durationText(perMs) })
    const tickUs = ceilDiv(periodUs, mostTicks)
    return { kind: 'sliding-window', capacity, refill, perMs, periodUs, scale: ceilDiv(periodUs, tickUs), tickUs }
  })
}

/** A part of a window, in whole units. */
export function partOfSlidingWindow(rule: SlidingWindowRule, part: Part): SlidingWindowRule {
  return slidingWindowOf({ ...partOfWindow(rule, part), perMs: rule.perMs })
}
