/** How long calls of a store took in the last minute: counts by time, which several processes can add up. */

/** Each bound is 1.25 times the one before: a quantile is right to a quarter. From 0.05 ms to 30 seconds. */
const growth = 1.25
const smallestMs = 0.05
const bounds: readonly number[] = Array.from({ length: 61 }, (_, i) => smallestMs * growth ** i)

/** Slots of ten seconds. */
const slotMs = 10_000
const slots = 6

/** The calls of the last minute. */
export interface Latencies {
  add(durationMs: number, nowMs: number): void
  /** How many calls took at most each bound, and more than the one before. */
  counts(nowMs: number): readonly number[]
}

export function latencies(): Latencies {
  let recent: { readonly slot: number; readonly counts: number[] }[] = []
  const at = (durationMs: number): number => {
    const place = Math.ceil(Math.log(Math.max(durationMs, smallestMs) / smallestMs) / Math.log(growth))
    return Math.min(bounds.length - 1, place)
  }
  return {
    add(durationMs, nowMs) {
      const slot = Math.floor(nowMs / slotMs)
      if (recent[0]?.slot !== slot) recent = [{ slot, counts: bounds.map(() => 0) }, ...recent].slice(0, slots)
      recent[0]!.counts[at(durationMs)]! += 1
    },
    counts(nowMs) {
      const oldest = Math.floor(nowMs / slotMs) - slots
      const sum = bounds.map(() => 0)
      for (const { slot, counts } of recent) if (slot > oldest) for (let i = 0; i < sum.length; i++) sum[i]! += counts[i]!
      return sum
    },
  }
}

/** Milliseconds that a share of the calls did not exceed, to a quarter; `null` without calls. */
export function quantileMs(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let seen = 0
  const place = counts.findIndex((count) => {
    seen += count
    return seen >= share * total
  })
  return bounds[place < 0 ? bounds.length - 1 : place]!
}
