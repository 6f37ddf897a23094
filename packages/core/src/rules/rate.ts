/**
 * A rate as a ratio of whole numbers, made to fit exact arithmetic, and parts of rates and capacities.
 *
 * BigInt throughout: a rate is computed once for each distinct rule.
 */

import { SLUICE_RULE_SLOWED, SLUICE_RULE_TOO_LARGE } from '../errors.ts'
import type { Part } from '../kind.ts'
import { SluiceError } from '../sluice-error.ts'
import { warnOnce } from '../warn.ts'

/** `units` come back every `ticks`: microseconds, or whole periods. */
export interface Rate {
  readonly units: bigint
  readonly ticks: bigint
}

/** The same rate in lowest terms, so that its products stay small. */
export function reduceRate({ units, ticks }: Rate): Rate {
  const divisor = greatestCommonDivisor(units, ticks)
  return { units: units / divisor, ticks: ticks / divisor }
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b)
}

/**
 * The largest rate not above `rate` whose `ticks` are at most `mostTicks`, or `undefined` where every such rate is zero.
 *
 * Walks the Stern-Brocot tree in whole strides: `low` stays at or below the rate, `high` above it, and no fraction with fewer ticks
 * lies between the two.
 */
export function nearestRateBelow(rate: Rate, mostTicks: bigint): Rate | undefined {
  let low: Rate = { units: 0n, ticks: 1n }
  let high: Rate = { units: 1n, ticks: 0n }
  if (mostTicks < 1n) return undefined
  for (;;) {
    const stride = stridesUpTo(low, high, mostTicks, distance(rate, low) / distance(high, rate))
    low = { units: low.units + stride * high.units, ticks: low.ticks + stride * high.ticks }
    if (distance(rate, low) === 0n) return low
    // `high` must stay above the rate, hence the one less than the distance.
    const strides = stridesUpTo(high, low, mostTicks, (distance(high, rate) - 1n) / distance(rate, low))
    high = { units: high.units + strides * low.units, ticks: high.ticks + strides * low.ticks }
    if (low.ticks + high.ticks > mostTicks) return low.units === 0n ? undefined : low
  }
}

/** How far `upper` lies above `lower`, as the numerator over their common ticks. */
function distance(upper: Rate, lower: Rate): bigint {
  return upper.units * lower.ticks - lower.units * upper.ticks
}

/** The strides from `from` by `by` that keep the ticks in bounds. */
function stridesUpTo(from: Rate, by: Rate, mostTicks: bigint, wanted: bigint): bigint {
  if (by.ticks === 0n) return wanted
  const room = (mostTicks - from.ticks) / by.ticks
  return wanted < room ? wanted : room
}

/** What a rate is needed for. */
export interface RateUse {
  /** Units. */
  readonly capacity: number
  /** Units per period, as the warning says it. */
  readonly refill: number
  /** The period, as the warning says it. */
  readonly per: string
  /** Microseconds between two moments at which the rate comes back. */
  readonly tickUs: number
}

/** One part per million is one second in twelve days. No caller can see less. */
const leastWarnedPpm = 1

const most = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * The rate itself, or the nearest slower one that can be counted, with a warning. A bucket may owe as much as its capacity again, and
 * that must stay below 2^53, as must the moment at which it is repaid.
 * @param rate - in lowest terms
 * @throws SluiceError `SLUICE_RULE_TOO_LARGE`
 */
export function fitRate(rate: Rate, use: RateUse): Rate {
  const { capacity, refill, per, tickUs } = use
  const mostOwed = 2n * BigInt(Math.max(1, capacity))
  const mostTicks = most / mostOwed
  const fitting = rate.ticks <= mostTicks ? rate : nearestRateBelow(rate, mostTicks)
  if (fitting === undefined || fitting.units > most) throw new SluiceError(SLUICE_RULE_TOO_LARGE, { capacity, per })
  const repaidUs = ((mostOwed * fitting.ticks) / fitting.units + 1n) * BigInt(tickUs)
  if (repaidUs > most / 2n) throw new SluiceError(SLUICE_RULE_TOO_LARGE, { capacity, per })
  const ppm = fitting === rate ? 0 : partsPerMillion(rate, fitting)
  if (ppm >= leastWarnedPpm) warnOnce(SLUICE_RULE_SLOWED, { capacity, refill, per, ppm })
  return fitting
}

/** By how much `slowed` runs below `rate`, to two digits. */
function partsPerMillion(rate: Rate, slowed: Rate): number {
  const lost = rate.units * slowed.ticks - slowed.units * rate.ticks
  return Number(((Number(lost) / Number(rate.units * slowed.ticks)) * 1e6).toPrecision(2))
}

/** So much of a capacity, rounded down, to at least 1. Of 0 it is 0. */
export function partOfCapacity(capacity: number, part: Part): number {
  return capacity === 0 ? 0 : Math.max(1, Number((BigInt(capacity) * BigInt(part.numerator)) / BigInt(part.denominator)))
}

/** So much of a rate of scaled units, exactly. */
export function partOfRate({ rate, scale }: { readonly rate: number; readonly scale: number }, part: Part): Rate {
  return { units: BigInt(rate) * BigInt(part.numerator), ticks: BigInt(scale) * BigInt(part.denominator) }
}

/** So much of a refill, as people read it. */
export function partOfRefill(refill: number, part: Part): number {
  return (refill * part.numerator) / part.denominator
}

/**
 * A part of a window that holds whole units: the capacity rounded down. A part of at most one unit is one unit in a window that is longer
 * by as much.
 */
export function partOfWindow<W extends { readonly capacity: number; readonly refill: number; readonly periodUs: number }>(
  window: W,
  part: Part,
): Pick<W, 'capacity' | 'refill' | 'periodUs'> {
  const capacity = partOfCapacity(window.capacity, part)
  if (capacity === 0) return { capacity, refill: 0, periodUs: window.periodUs }
  const units = BigInt(window.capacity) * BigInt(part.numerator)
  const whole = BigInt(part.denominator)
  if (units > whole) return { capacity, refill: capacity, periodUs: window.periodUs }
  const periodUs = Number((BigInt(window.periodUs) * whole + units - 1n) / units)
  return { capacity, refill: partOfRefill(window.refill, part), periodUs }
}
