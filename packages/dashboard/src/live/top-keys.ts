/** The keys that are refused most, in bounded memory: the space-saving sketch of Metwally, Agrawal and El Abbadi (2005). */

/** How often one key came. */
export interface KeyCount {
  readonly id: string
  /** At most this often. */
  readonly count: number
  /** At least `count - over` times: a key that takes the place of another begins with the count of that one. */
  readonly over: number
}

/** A sketch of keys. Each key that is more than 1 in `size` of all is in it. */
export interface KeySketch {
  readonly total: number
  /** @param weight - how often the key came */
  add(id: string, weight: number): void
  /** In no order. */
  counts(): readonly KeyCount[]
}

interface Counter {
  id: string
  count: number
  over: number
  /** Where it stands in the heap. */
  at: number
}

/** A sketch that holds at most `size` keys. The counters are a heap, whose root is the smallest: a new key takes its place. */
export function keySketch(size: number): KeySketch {
  const heap: Counter[] = []
  const byId = new Map<string, Counter>()
  let total = 0

  function place(counter: Counter, at: number): void {
    heap[at] = counter
    counter.at = at
  }

  function sink(counter: Counter): void {
    let { at } = counter
    for (;;) {
      const left = 2 * at + 1
      if (left >= heap.length) break
      const right = left + 1
      const least = right < heap.length && heap[right]!.count < heap[left]!.count ? right : left
      if (heap[least]!.count >= counter.count) break
      place(heap[least]!, at)
      at = least
    }
    place(counter, at)
  }

  function rise(counter: Counter): void {
    let { at } = counter
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent]!.count <= counter.count) break
      place(heap[parent]!, at)
      at = parent
    }
    place(counter, at)
  }

  return {
    get total() {
      return total
    },
    add(id, weight) {
      total += weight
      const known = byId.get(id)
      if (known !== undefined) {
        known.count += weight
        sink(known)
      } else if (heap.length < size) {
        const counter = { id, count: weight, over: 0, at: heap.length }
        byId.set(id, counter)
        heap.push(counter)
        rise(counter)
      } else {
        const least = heap[0]!
        byId.delete(least.id)
        least.id = id
        least.over = least.count
        least.count += weight
        byId.set(id, least)
        sink(least)
      }
    },
    counts: () => heap.map(({ id, count, over }) => ({ id, count, over })),
  }
}

/** Keys of the last minutes. */
export interface RecentKeys {
  add(id: string, nowMs: number, weight?: number): void
  /** The most frequent keys, and how often any key came. */
  top(most: number, nowMs: number): { readonly total: number; readonly keys: readonly KeyCount[] }
}

/** Three sketches of five minutes each: what is older than fifteen minutes is forgotten, and what is younger than ten is not. */
const sketches = 3
const sketchMs = 300_000

/** Counts keys over the last ten to fifteen minutes. @param size - keys that each of three sketches holds */
export function recentKeys(size: number): RecentKeys {
  let recent: { readonly since: number; readonly sketch: KeySketch }[] = []

  function current(nowMs: number): KeySketch {
    const since = Math.floor(nowMs / sketchMs)
    if (recent[0]?.since !== since) {
      recent = recent.filter((one) => one.since < since && one.since > since - sketches)
      recent.unshift({ since, sketch: keySketch(size) })
    }
    return recent[0]!.sketch
  }

  return {
    add: (id, nowMs, weight = 1) => current(nowMs).add(id, weight),
    top(most, nowMs) {
      current(nowMs)
      return sumOfCounts(
        recent.map(({ sketch }) => ({ total: sketch.total, keys: sketch.counts() })),
        most,
      )
    },
  }
}

/** Adds up counts of several sketches. */
export function sumOfCounts(
  lists: readonly { readonly total: number; readonly keys: readonly KeyCount[] }[],
  most: number,
): { readonly total: number; readonly keys: readonly KeyCount[] } {
  const sums = new Map<string, { id: string; count: number; over: number }>()
  for (const { id, count, over } of lists.flatMap(({ keys }) => keys)) {
    const sum = sums.get(id) ?? { id, count: 0, over: 0 }
    sum.count += count
    sum.over += over
    sums.set(id, sum)
  }
  const sorted = [...sums.values()].sort((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1))
  return { total: lists.reduce((sum, { total }) => sum + total, 0), keys: sorted.slice(0, most) }
}
