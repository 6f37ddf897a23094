/** The buckets of one limit in one transaction: a few records, where a memory store keeps pages of numbers for a million keys. */
import type { Bucket } from '../buckets/bucket.ts'
import type { MemoryTable } from '../memory/memory-table.ts'

/** An empty table. No sweep visits it, and the fast path does not read its pages. */
export function rowTable(): MemoryTable {
  const slots = new Map<string, number>()
  const buckets: Bucket[] = []
  let next = 0
  return {
    overflow: -1,
    size: () => slots.size,
    pageOf: noPages,
    find: (key) => slots.get(key) ?? -1,
    insert(key) {
      slots.set(key, next)
      return next++
    },
    read: (slot) => buckets[slot]!,
    write(slot, { state, terms, uncapped, epoch = 0 }) {
      buckets[slot] = { state, terms, uncapped, epoch }
    },
    remove: (key) => void slots.delete(key),
    drop: (key) => void slots.delete(key),
    next: () => -1,
    clear: () => slots.clear(),
  }
}

function noPages(): never {
  throw new TypeError('A table of rows has no pages')
}
