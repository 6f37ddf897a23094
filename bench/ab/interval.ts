/** The ratio of two paired series, and the interval that holds its true value in 95 of 100 runs. */

/** A ratio of times: 1.05 means that the first series took 5 % longer. */
export interface Interval {
  readonly ratio: number
  readonly low: number
  readonly high: number
}

/** Student's t for a two-sided interval of 95 %, by degrees of freedom, from 1. */
const quantiles = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11]
const manyDegrees = 2.1

/**
 * The geometric mean of the ratios pair by pair, with its interval of 95 %. Logarithms make a ratio of 2 weigh as much as one of 1/2.
 * @param pairs - two or more pairs, each measured in one go, so that a change of the machine's speed touches both sides
 */
export function ratioOf(pairs: readonly (readonly [now: number, base: number])[]): Interval {
  const logs = pairs.map(([now, base]) => Math.log(now / base))
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1)
  const half = (quantiles[logs.length - 2] ?? manyDegrees) * Math.sqrt(variance / logs.length)
  return { ratio: Math.exp(mean), low: Math.exp(mean - half), high: Math.exp(mean + half) }
}
