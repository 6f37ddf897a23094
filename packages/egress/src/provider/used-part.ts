/** How much of their estimates calls use. What they do not use comes back, so that the calls behind them wait less than the estimates say. */

export interface UsedPart {
  /** A call has ended. Units by dimension. */
  end(estimate: readonly number[], used: readonly number[]): void
  /** What so many estimated units come to. */
  of(units: number, dimension: number): number
}

/** Weight of the latest call. */
const weight = 1 / 32

/**
 * The part is that of the latest calls, all taken together: with estimates of 4000 and 2000 tokens, of which 1000 and 2000 were used, it is a
 * half. Before the first call has ended it is the whole.
 */
export function usedPart(dimensions: number): UsedPart {
  const estimated = new Array<number>(dimensions).fill(0)
  const used = new Array<number>(dimensions).fill(0)
  return {
    end(estimate, actual) {
      for (let i = 0; i < dimensions; i++) {
        // A call that used nothing was not served, and says nothing of those that will be.
        if (actual[i] === 0) continue
        estimated[i] = estimated[i]! * (1 - weight) + estimate[i]!
        used[i] = used[i]! * (1 - weight) + actual[i]!
      }
    },
    of: (units, i) => (estimated[i] === 0 ? units : Math.ceil((units * used[i]!) / estimated[i]!)),
  }
}
