/**
 * Sliding windows: how much any stretch of time as long as the window may hold. Here: the options, and the estimate from two counts.
 *
 * `used` counts the units of the window that `last` lies in, `carried` those of the window before it. Windows are aligned to the epoch
 * and divided into ticks. A unit weighs as many ticks as its window has, and in the next window one less with every tick.
 */

import type { Micros } from '../../clock.ts'
import { SLUICE_OPTION_TYPE, SLUICE_RULE_TOO_LARGE } from '../../errors.ts'
import { type BucketKind, type BucketState, type CountingRule, intern, ruleOf, type Unused } from '../../kind.ts'
import { checkOptions, type Duration, durationText, optionalOf, parseDuration } from '../../options.ts'
import { SluiceError } from '../../sluice-error.ts'
import { ceilDiv, floorDiv, wholeNumber } from '../../whole-number.ts'
import { countingDecider } from '../counting.ts'
import { partOfWindow } from '../rate.ts'
import { longestWindowUs, mostLogged, type SlidingLogRule, slidingLogOf } from './sliding-log.ts'

/** Numbers of {@link slidingWindow}. */
export interface SlidingWindowOptions {
  /** Units that one window holds. Whole, from 1; with `exact` at most 10,000, with `slots` at most 2^50. */
  readonly capacity: number
  /** The length of the window. */
  readonly per: Duration
  /** Keep the time of every admission instead of two counts: no error, and up to 40 bytes for each unit of the capacity. @default false */
  readonly exact?: boolean | undefined
  /**
   * Keep one count for each of so many slots of the window: no window ever holds more than the capacity, in some 30 bytes a slot. Units
   * come back up to `per / slots` late. Whole, from 2 to 60; not with `exact`. @default no slots, but an estimate
   */
  readonly slots?: number | undefined
}

/** The estimate of a sliding window, as the decider uses it. */
export interface SlidingWindowRule extends CountingRule {
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
 * At most `capacity` units in the last `per`, wherever that lies. By default this is an estimate from the counts of this window and the one
 * before it, whose units are taken to be spread evenly.
 *
 * Let e of this window have passed, and c be the units of the window before. The units of the last `per` are taken as those of this window
 * and `c * (1 - e / per)`. That is right for even traffic. It is off by at most `c * e / per` to the caller's favour, and by at most
 * `c * (1 - e / per)` to its disfavour. A window aligned to the epoch never holds more than the capacity. Any other stretch of that length
 * holds less than twice the capacity, and the lasting rate is at most the capacity per window. With `exact` or
 * `slots` no stretch of that length holds more than the capacity.
 *
 * The estimate gives a steady caller less than the rate at small capacities: half of it at a capacity of 1 or 2, and 67 % at 3. It is 80 %
 * at 5, 90 % at 10, and 99 % at 100. With `exact` such a caller gets all of it.
 *
 * With `slots`, an admission counts as if it came at the end of its slot. A steady caller gets at least `slots / (slots + 1)` of the rate:
 * 6 of 7 parts with 6 slots, 60 of 61 with 60.
 * @throws SluiceError `SLUICE_WHOLE_NUMBER`, `SLUICE_DURATION`, `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_RULE_TOO_LARGE`
 * @example
 * ```ts
 * slidingWindow({ capacity: 100, per: '1m' }) // two numbers a key
 * slidingWindow({ capacity: 100, per: '1m', exact: true }) // the time of each admission
 * slidingWindow({ capacity: 100_000, per: '1m', slots: 6 }) // a count for each ten seconds
 * ```
 */
export function slidingWindow(options: SlidingWindowOptions & ({ readonly exact: true } | { readonly slots: number })): SlidingLogRule
export function slidingWindow(
  options: SlidingWindowOptions & { readonly exact?: false | undefined; readonly slots?: undefined },
): SlidingWindowRule
export function slidingWindow(options: SlidingWindowOptions): SlidingWindowRule | SlidingLogRule
export function slidingWindow(options: SlidingWindowOptions): SlidingWindowRule | SlidingLogRule {
  checkOptions(options, 'slidingWindow', ['capacity', 'per', 'exact', 'slots'])
  const { exact = false, slots } = options
  optionalOf(options.exact, 'exact', 'boolean')
  if (slots !== undefined) wholeNumber(slots, 'slots', 2, mostSlots)
  if (exact && slots !== undefined)
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'slots', wanted: 'absent beside `exact`', value: slots })
  const capacity = wholeNumber(options.capacity, 'capacity', 0, exact ? mostLogged : slots === undefined ? undefined : mostInSlots)
  const perMs = parseDuration(options.per, 'per')
  const periodUs = perMs * 1000
  const shape = { capacity, refill: capacity, perMs, periodUs }
  if (slots !== undefined) return slidingLogOf({ ...shape, tickUs: ceilDiv(periodUs, slots) })
  return exact ? slidingLogOf({ ...shape, tickUs: 1 }) : slidingWindowOf(shape)
}

/** The most slots. A log of so many entries is one piece in Redis. */
const mostSlots = 60
/** The largest capacity with slots: sums of twice of it stay exact. */
const mostInSlots = 2 ** 50

/** Ticks in a window that still make an estimate of it. */
const fewestTicks = 1000

/** The rule for parsed numbers. @throws SluiceError `SLUICE_RULE_TOO_LARGE` */
export function slidingWindowOf(shape: Pick<SlidingWindowRule, 'capacity' | 'refill' | 'perMs' | 'periodUs'>): SlidingWindowRule {
  const { capacity, refill, perMs, periodUs } = shape
  return intern(`sliding-window ${capacity} ${refill}/${perMs} ${periodUs}`, () => {
    // Both windows may owe as much as the capacity again.
    const mostTicks = Math.floor(Number.MAX_SAFE_INTEGER / (4 * Math.max(1, capacity)))
    if (mostTicks < fewestTicks || periodUs > longestWindowUs)
      throw new SluiceError(SLUICE_RULE_TOO_LARGE, { capacity, per: durationText(perMs) })
    const tickUs = ceilDiv(periodUs, mostTicks)
    return ruleOf(slidingWindowKind, { capacity, refill, perMs, periodUs, scale: ceilDiv(periodUs, tickUs), tickUs })
  })
}

function advance(state: BucketState, now: Micros, rule: SlidingWindowRule): BucketState {
  const { used, last, carried } = state
  if (now > last) {
    const windows = floorDiv(now, rule.periodUs) - floorDiv(last, rule.periodUs)
    if (windows === 0) return { used, last: now, carried }
    return { used: 0, last: now, carried: windows === 1 ? used : 0 }
  }
  // A clock that went back further than the bucket takes to fill jumped there and back; it must not block for the length of the jump.
  return last - now > fullAt(state, rule) - last ? lacking(missing(state, rule), now, rule) : state
}

function missing({ used, last, carried }: BucketState, rule: SlidingWindowRule): number {
  return used * rule.scale + carried * weightAt(last, rule)
}

/** What a unit of the window before weighs. */
function weightAt(now: Micros, { periodUs, tickUs, scale }: SlidingWindowRule): number {
  return scale - floorDiv(now - startOf(now, periodUs), tickUs)
}

function lacking(amount: number, now: Micros, rule: SlidingWindowRule): BucketState {
  return { used: ceilDiv(amount, rule.scale), last: now, carried: 0 }
}

/** The units of this window weigh less from its end on, and nothing from the end of the next. */
function fullAt({ used, last, carried }: BucketState, { periodUs }: SlidingWindowRule): Micros {
  if (used > 0) return startOf(last, periodUs) + 2 * periodUs
  return carried > 0 ? startOf(last, periodUs) + periodUs : last
}

/** A cost fits in when enough ticks of this window have passed, or of the next one, or at the latest when that has ended. */
function waitFor(units: number, { used, last, carried }: BucketState, now: Micros, rule: SlidingWindowRule): Micros {
  const { capacity, scale, periodUs, tickUs } = rule
  const next = startOf(last, periodUs) + periodUs
  const room = (capacity - units) * scale
  const roomNow = room - used * scale
  if (roomNow >= carried && carried > 0) return next - periodUs + (scale - floorDiv(roomNow, carried)) * tickUs - now
  if (room < used) return next + periodUs - now
  return next + (used === 0 ? 0 : Math.max(0, scale - floorDiv(room, used)) * tickUs) - now
}

/** Units come back within their window alone. */
function returnable({ units, chargedAt }: Unused, now: Micros, { periodUs, scale }: SlidingWindowRule): number {
  return startOf(chargedAt, periodUs) === startOf(now, periodUs) ? units * scale : 0
}

function giveBack({ used, last, carried }: BucketState, amount: number, rule: SlidingWindowRule): BucketState {
  const units = floorDiv(amount, rule.scale)
  if (units < used) return { used: used - units, last, carried }
  return { used: 0, last, carried: Math.max(0, carried - floorDiv(amount - used * rule.scale, weightAt(last, rule))) }
}

function startOf(now: Micros, periodUs: Micros): Micros {
  return floorDiv(now, periodUs) * periodUs
}

/** The estimate of a sliding window, as limiters and stores use it. */
export const slidingWindowKind: BucketKind<SlidingWindowRule> = {
  name: 'sliding-window',
  part: (rule, part) => slidingWindowOf({ ...partOfWindow(rule, part), perMs: rule.perMs }),
  ...countingDecider({
    advance,
    missing,
    lacking,
    debit: ({ used, last, carried }, amount, rule) => ({ used: used + ceilDiv(amount, rule.scale), last, carried }),
    returnable,
    giveBack,
    waitFor,
  }),
}
