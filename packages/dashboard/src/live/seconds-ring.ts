/** What each of the last fifteen minutes' seconds saw: a ring of plain numbers, with the same few counts for each second. */

/** Seconds that are kept. */
export const seconds = 900

/** Counts by second. */
export interface SecondsRing {
  /** Writes what came since the latest second. Seconds that were missed get an even share. */
  push(second: number, values: readonly number[]): void
  /** What came in the last seconds. */
  sums(lastSeconds: number): readonly number[]
  /** The same, divided by the number of seconds. Until there are so many, by what there is. */
  rates(lastSeconds: number): readonly number[]
  /** The latest second, since 1970. */
  second(): number
  /** What came in the latest second. */
  latest(): readonly number[]
  /** One count of each second, the oldest first; `null` before the first. The last one is of the latest second. */
  series(field: number): readonly (number | null)[]
}

/** A ring with so many counts for a second. @param first - the second before the first that is counted */
export function secondsRing(width: number, first: number): SecondsRing {
  const values = new Float64Array(seconds * width)
  let latest = first

  const rowOf = (second: number): number => (second % seconds) * width
  const age = (): number => Math.min(seconds, latest - first)

  function sums(lastSeconds: number): number[] {
    const found = new Array<number>(width).fill(0)
    for (let each = latest - Math.min(lastSeconds, age()) + 1; each <= latest; each++)
      for (let field = 0; field < width; field++) found[field]! += values[rowOf(each) + field]!
    return found
  }

  return {
    sums,
    push(second, counts) {
      const missed = Math.max(0, second - latest)
      const begin = Math.max(latest + 1, second - seconds + 1)
      for (let each = begin; each <= second; each++) values.fill(0, rowOf(each), rowOf(each) + width)
      // A clock that stands still or steps back adds to the latest second.
      const share = Math.max(1, missed)
      latest = Math.max(latest, second)
      for (let each = missed === 0 ? latest : begin; each <= latest; each++)
        for (let field = 0; field < width; field++) values[rowOf(each) + field]! += counts[field]! / share
    },
    rates: (lastSeconds) => sums(lastSeconds).map((sum) => sum / Math.max(1, Math.min(lastSeconds, age()))),
    second: () => latest,
    latest: () => [...values.subarray(rowOf(latest), rowOf(latest) + width)].map((value) => (age() === 0 ? 0 : value)),
    series(field) {
      return Array.from({ length: seconds }, (_, i) => {
        const second = latest - seconds + 1 + i
        return second <= first ? null : Math.round(values[rowOf(second) + field]! * 10) / 10
      })
    },
  }
}
