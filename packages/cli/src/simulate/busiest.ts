/** The busiest of many names, in bounded memory: counts of the most frequent ones, each at most `missed` too low (Misra and Gries, 1982). */

import type { Counted } from '../simulation-result.ts'

/** A bounded count of names. */
export interface Busiest {
  add(name: string): void
  /** By how much a count can be too low; 0 while there were never too many names. */
  readonly missed: number
  top(most: number): Counted
}

/**
 * Counts names. Twice as many as `kept` are held; then a count that half of them do not exceed is taken off all, and those without a
 * count go. That costs a step of constant time for each name in the mean.
 * @param kept - names that are kept at least
 */
export function busiest(kept: number = 1000): Busiest {
  const counts = new Map<string, number>()
  let missed = 0

  function shrink(): void {
    const ordered = [...counts.values()].sort((a, b) => b - a)
    const off = ordered[kept]!
    missed += off
    for (const [name, count] of counts) {
      if (count > off) counts.set(name, count - off)
      else counts.delete(name)
    }
  }

  return {
    get missed() {
      return missed
    },
    add(name) {
      counts.set(name, (counts.get(name) ?? 0) + 1)
      if (counts.size > 2 * kept) shrink()
    },
    top: (most) =>
      [...counts]
        .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
        .slice(0, most)
        .map(([name, count]) => ({ name, count })),
  }
}
