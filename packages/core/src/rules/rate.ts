/** A rate as a ratio of whole numbers, in lowest terms. BigInt throughout: it is computed once for each distinct rule. */

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
