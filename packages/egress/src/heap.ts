/** A binary heap. Removing from the middle is left to its users: they mark what is gone and pass it by. */

export interface Heap<T> {
  readonly size: number
  push(item: T): void
  first(): T | undefined
  pop(): T | undefined
  /** The items in no order, for counting and for taking out what is gone. */
  items(): readonly T[]
  /** Keeps the items that pass. */
  keep(passes: (item: T) => boolean): void
}

export function heap<T>(isBefore: (a: T, b: T) => boolean): Heap<T> {
  let items: T[] = []

  function up(item: T, from: number): void {
    let i = from
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(item, items[parent]!)) break
      items[i] = items[parent]!
      i = parent
    }
    items[i] = item
  }

  function down(item: T): void {
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= items.length) break
      if (child + 1 < items.length && isBefore(items[child + 1]!, items[child]!)) child += 1
      if (!isBefore(items[child]!, item)) break
      items[i] = items[child]!
      i = child
    }
    items[i] = item
  }

  return {
    get size() {
      return items.length
    },
    push(item) {
      up(item, items.push(item) - 1)
    },
    first: () => items[0],
    pop() {
      const first = items[0]
      const last = items.pop()
      if (items.length > 0) down(last!)
      return first
    },
    items: () => items,
    keep(passes) {
      const kept = items.filter(passes)
      items = []
      for (const item of kept) up(item, items.push(item) - 1)
    },
  }
}
