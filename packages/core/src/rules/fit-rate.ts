/** Makes a rate fit for exact arithmetic: unchanged where it can be counted, slowed as little as it takes where it cannot. */
import { SLUICE_RULE_SLOWED, SLUICE_RULE_TOO_LARGE } from '../errors.ts'
import { SluiceError } from '../sluice-error.ts'
import { warnOnce } from '../warn.ts'
import { nearestRateBelow, type Rate } from './rate.ts'

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

const most = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * The rate itself, or the nearest slower one that can be counted, with a warning. A bucket may owe as much as its capacity again, and
 * that must stay below 2^53, as must the moment at which it is repaid.
 * @param rate - in lowest terms
 * @throws SluiceError `SLUICE_RULE_TOO_LARGE`
 */
export function fitRate(rate: Rate, use: RateUse): Rate {
  const { capacity, refill, per, tickUs } = use
  const mostOwed = 2n * BigInt(capacity)
  const mostTicks = most / mostOwed
  const fitting = rate.ticks <= mostTicks ? rate : nearestRateBelow(rate, mostTicks)
  if (fitting === undefined || fitting.units > most) throw new SluiceError(SLUICE_RULE_TOO_LARGE, { capacity, per })
  const repaidUs = ((mostOwed * fitting.ticks) / fitting.units + 1n) * BigInt(tickUs)
  if (repaidUs > most / 2n) throw new SluiceError(SLUICE_RULE_TOO_LARGE, { capacity, per })
  if (fitting !== rate) warnOnce(SLUICE_RULE_SLOWED, { capacity, refill, per, ppm: partsPerMillion(rate, fitting) })
  return fitting
}

/** By how much `slowed` runs below `rate`, to two digits. */
function partsPerMillion(rate: Rate, slowed: Rate): number {
  const lost = rate.units * slowed.ticks - slowed.units * rate.ticks
  return Number(((Number(lost) / Number(rate.units * slowed.ticks)) * 1e6).toPrecision(2))
}
