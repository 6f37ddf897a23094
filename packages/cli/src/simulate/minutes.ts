/** Counts of each minute, in bounded memory: a log of more than 31 days is counted in longer steps. */

/** Steps that are kept at most. */
const mostSteps = 31 * 24 * 60

/** Counts of several things, step by step. */
export interface Minutes {
  /** Counts one of a thing. Times ascend. @param thing - from 0 */
  add(timeMs: number, thing: number): void
  /** When the first step begins. */
  readonly fromMs: number
  /** The length of a step: a minute, or 2, 4, 8 and so on. */
  readonly stepMs: number
  /** The counts of a thing, one for each step. */
  of(thing: number): readonly number[]
}

/** @param things - how many are counted */
export function minutes(things: number): Minutes {
  const counts = Array.from({ length: things }, (): number[] => [])
  let fromMs = 0
  let stepMs = 60_000
  let steps = 0

  function widen(): void {
    // The longer step begins where its clock says, so that steps of any two logs meet.
    const shift = (fromMs / stepMs) % 2
    for (const [thing, old] of counts.entries()) {
      const wide: number[] = []
      for (const [at, count] of old.entries()) wide[(at + shift) >> 1] = (wide[(at + shift) >> 1] ?? 0) + count
      counts[thing] = wide
    }
    fromMs -= shift * stepMs
    stepMs *= 2
    steps = (steps + shift + 1) >> 1
  }

  return {
    get fromMs() {
      return fromMs
    },
    get stepMs() {
      return stepMs
    },
    add(timeMs, thing) {
      if (steps === 0) fromMs = Math.floor(timeMs / stepMs) * stepMs
      while ((timeMs - fromMs) / stepMs >= mostSteps) widen()
      const step = Math.floor((timeMs - fromMs) / stepMs)
      for (; steps <= step; steps++) for (const each of counts) each.push(0)
      counts[thing]![step]! += 1
    },
    of: (thing) => counts[thing]!,
  }
}
