/**
 * The buckets of one limit: keys in Maps, states in pages of numbers.
 *
 * One Map of a million keys stalls for tens of milliseconds when it grows, so a table that passes 16,384 keys spreads them over 64
 * Maps. Pages of 1,024 slots grow without copying; a bucket costs two numbers, one reference, and its place in a Map.
 */
import type { Bucket } from './bucket.ts'
import type { BucketState } from './rule.ts'
import type { Terms } from './store.ts'

/** The bucket that unknown keys of a limit share while the store is full; no key reads so. */
export const overflowKey = '\u0000overflow'

/** How many buckets all tables of a store hold. */
export interface Tally {
  buckets: number
}

/** Buckets by key. */
export interface MemoryTable {
  size(): number
  /** The slot of a key, or -1. */
  find(key: string): number
  read(slot: number): Bucket
  /** Writes a bucket in the slot, or in a new one where it is -1. */
  write(slot: number, key: string, state: BucketState, terms: Terms): void
  remove(key: string): void
  /** Visits up to `count` buckets, from where the last visit ended, and removes those for which `lapsed` says so. True at the end of a round. */
  sweep(count: number, lapsed: (bucket: Bucket) => boolean): boolean
  clear(): void
}

const pageSlots = 1024
const splitAt = 16_384
const shardCount = 64

/** An empty table, which counts its buckets in the tally too. */
export function memoryTable(tally: Tally): MemoryTable {
  let shards = [new Map<string, number>()]
  let numbers: Float64Array[] = []
  let carried: Float64Array[] | undefined
  let logs: Map<number, readonly number[]> | undefined
  let terms: Terms[][] = []
  let size = 0
  let top = 0
  // Freed slots form a chain: each holds the next in place of what was used.
  let free = -1
  let cursor = 0
  let rest: MapIterator<[string, number]> | undefined

  function shardOf(key: string): Map<string, number> {
    return shards.length === 1 ? shards[0]! : shards[spread(key)]!
  }

  function split(): void {
    const whole = shards[0]!
    shards = Array.from({ length: shardCount }, () => new Map<string, number>())
    for (const [key, slot] of whole) shards[spread(key)]!.set(key, slot)
    cursor = 0
    rest = undefined
  }

  function takeSlot(): number {
    if (free >= 0) {
      const slot = free
      free = numbers[slot >> 10]![(slot & 1023) * 2]!
      return slot
    }
    if (top === numbers.length * pageSlots) {
      numbers.push(new Float64Array(pageSlots * 2))
      terms.push(new Array<Terms>(pageSlots))
    }
    return top++
  }

  function writeCarried(slot: number, value: number): void {
    if (carried === undefined && value === 0) return
    carried ??= []
    carried[slot >> 10] ??= new Float64Array(pageSlots)
    carried[slot >> 10]![slot & 1023] = value
  }

  function writeLog(slot: number, log: readonly number[] | undefined): void {
    if (log === undefined && logs === undefined) return
    logs ??= new Map<number, readonly number[]>()
    if (log === undefined) logs.delete(slot)
    else logs.set(slot, log)
  }

  function clear(): void {
    tally.buckets -= size
    shards = [new Map<string, number>()]
    numbers = []
    carried = undefined
    logs = undefined
    terms = []
    size = 0
    top = 0
    free = -1
    cursor = 0
    rest = undefined
  }

  function drop(shard: Map<string, number>, key: string, slot: number): void {
    shard.delete(key)
    numbers[slot >> 10]![(slot & 1023) * 2] = free
    terms[slot >> 10]![slot & 1023] = undefined as unknown as Terms
    logs?.delete(slot)
    free = slot
    size--
    tally.buckets--
    if (size === 0) clear()
  }

  function read(slot: number): Bucket {
    const page = numbers[slot >> 10]!
    const at = (slot & 1023) * 2
    const state = { used: page[at]!, last: page[at + 1]!, carried: carried?.[slot >> 10]?.[slot & 1023] ?? 0 }
    const log = logs?.get(slot)
    return { state: log === undefined ? state : { ...state, log }, terms: terms[slot >> 10]![slot & 1023]! }
  }

  return {
    size: () => size,
    find: (key) => shardOf(key).get(key) ?? -1,
    read,
    write(slot, key, state, under) {
      let at = slot
      if (at < 0) {
        if (shards.length === 1 && size >= splitAt) split()
        at = takeSlot()
        shardOf(key).set(key, at)
        size++
        tally.buckets++
      }
      const page = numbers[at >> 10]!
      page[(at & 1023) * 2] = state.used
      page[(at & 1023) * 2 + 1] = state.last
      terms[at >> 10]![at & 1023] = under
      writeCarried(at, state.carried)
      writeLog(at, state.log)
    },
    remove(key) {
      const shard = shardOf(key)
      const slot = shard.get(key)
      if (slot !== undefined) drop(shard, key, slot)
    },
    sweep(count, lapsed) {
      for (let seen = 0; seen < count; seen++) {
        rest ??= shards[cursor]!.entries()
        const next = rest.next()
        if (next.done) {
          rest = undefined
          cursor = (cursor + 1) % shards.length
          if (cursor === 0) return true
        } else if (lapsed(read(next.value[1]))) drop(shards[cursor]!, next.value[0], next.value[1])
      }
      return false
    },
    clear,
  }
}

/**
 * Which of the Maps a key belongs to, from its length and last eight code units, where keys differ most. A poor spread costs a
 * longer pause when one Map grows, and nothing else: the Maps hash in full, with the engine's own seed.
 */
function spread(key: string): number {
  let hash = key.length
  for (let i = Math.max(0, key.length - 8); i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x9e3779b1)
  return hash >>> 26
}
