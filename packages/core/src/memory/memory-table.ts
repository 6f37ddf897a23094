/**
 * The buckets of one limit: keys in Maps, states in pages of numbers.
 *
 * One Map of a million keys stalls for tens of milliseconds when it grows, so a table that passes 16,384 keys spreads those to come
 * over 64 Maps, and each that it has when it is asked for next. Pages of 1,024 slots grow without copying; a bucket costs two numbers
 * and its place in a Map.
 */
import type { Bucket } from '../buckets/bucket.ts'
import {
  emptyPage,
  epochIn,
  type Page,
  pageSlots,
  placeOf,
  termsAt,
  writeEpoch,
  writeState,
  writeTerms,
  writeUncapped,
} from './memory-page.ts'

/** The bucket that unknown keys of a limit share while the store is full; no key reads so. */
export const overflowKey = '\u0000overflow'

/** How many buckets all tables of a store hold. */
export interface Tally {
  buckets: number
}

/** Buckets by key. */
export interface MemoryTable {
  size(): number
  /** The page of a slot, for those who decide a bucket where it lies. */
  pageOf(slot: number): Page
  /** The slot of a key, or -1. */
  find(key: string): number
  read(slot: number): Bucket
  /** Writes a bucket in the slot, or in a new one where it is -1. */
  write(slot: number, key: string, bucket: Bucket): void
  remove(key: string): void
  /**
   * Visits up to `count` buckets, from where the last visit ended, and removes those for which `lapsed` says so.
   * @returns how many fewer it has visited, because it came to the end of a round
   */
  sweep(count: number, lapsed: (bucket: Bucket) => boolean): number
  clear(): void
}

const splitAt = 16_384
const shardCount = 64

/** An empty table, which counts its buckets in the tally too. */
export function memoryTable(tally: Tally): MemoryTable {
  let first = new Map<string, number>()
  let shards = [first]
  let pages: Page[] = []
  let logs: Map<number, readonly number[]> | undefined
  let size = 0
  let top = 0
  // Freed slots form a chain: each holds the next in place of what was used.
  let free = -1
  let cursor = 0
  let rest: MapIterator<[string, number]> | undefined

  function shardOf(key: string): Map<string, number> {
    return shards.length === 1 ? first : shards[spread(key)]!
  }

  function find(key: string): number {
    return shardOf(key).get(key) ?? (shards.length === 1 ? -1 : moveOn(key))
  }

  /** A key that came while all were in one Map goes where it belongs by now. To move them all at once would be a stall of its own. */
  function moveOn(key: string): number {
    const slot = first.get(key)
    if (slot === undefined) return -1
    first.delete(key)
    shardOf(key).set(key, slot)
    return slot
  }

  function pageOf(slot: number): Page {
    return pages[slot >> 10]!
  }

  function takeSlot(): number {
    if (free >= 0) {
      const slot = free
      free = pageOf(slot).numbers[placeOf(slot) * 2]!
      return slot
    }
    if (top === pages.length * pageSlots) pages.push(emptyPage())
    return top++
  }

  function insert(key: string): number {
    if (shards.length === 1 && size >= splitAt) shards = [...Array.from({ length: shardCount }, () => new Map<string, number>()), first]
    const slot = takeSlot()
    shardOf(key).set(key, slot)
    size++
    tally.buckets++
    return slot
  }

  function writeLog(slot: number, log: readonly number[] | undefined): void {
    if (log === undefined && logs === undefined) return
    logs ??= new Map<number, readonly number[]>()
    if (log === undefined) logs.delete(slot)
    else logs.set(slot, log)
  }

  function clear(): void {
    tally.buckets -= size
    first = new Map<string, number>()
    shards = [first]
    pages = []
    logs = undefined
    size = 0
    top = 0
    free = -1
    cursor = 0
    rest = undefined
  }

  function drop(shard: Map<string, number>, key: string, slot: number): void {
    shard.delete(key)
    pageOf(slot).numbers[placeOf(slot) * 2] = free
    logs?.delete(slot)
    writeUncapped(pageOf(slot), placeOf(slot), undefined)
    writeEpoch(pageOf(slot), placeOf(slot), 0)
    free = slot
    size--
    tally.buckets--
    // One page stays: a bucket that comes and goes again and again would otherwise bring a page with it each time.
    if (size === 0 && pages.length > 1) clear()
  }

  function read(slot: number): Bucket {
    const page = pageOf(slot)
    const at = placeOf(slot)
    const { numbers, carried } = page
    const state = { used: numbers[at * 2]!, last: numbers[at * 2 + 1]!, carried: carried === undefined ? 0 : carried[at]! }
    const log = logs?.get(slot)
    return {
      state: log === undefined ? state : { ...state, log },
      terms: termsAt(page, at),
      uncapped: page.uncapped?.get(at),
      epoch: epochIn(page, at),
    }
  }

  return {
    size: () => size,
    find,
    pageOf,
    read,
    write(slot, key, { state, terms, uncapped, epoch }) {
      const to = slot < 0 ? insert(key) : slot
      writeState(pageOf(to), placeOf(to), state)
      writeTerms(pageOf(to), placeOf(to), terms)
      writeLog(to, state.log)
      writeUncapped(pageOf(to), placeOf(to), uncapped)
      writeEpoch(pageOf(to), placeOf(to), epoch ?? 0)
    },
    remove(key) {
      const slot = find(key)
      if (slot >= 0) drop(shardOf(key), key, slot)
    },
    sweep(count, lapsed) {
      let left = count
      while (left > 0) {
        rest ??= shards[cursor]!.entries()
        const next = rest.next()
        if (next.done) {
          rest = undefined
          cursor = (cursor + 1) % shards.length
          if (cursor === 0) return left
          continue
        }
        left--
        const [key, slot] = next.value
        if (lapsed(read(slot))) drop(shards[cursor]!, key, slot)
      }
      return 0
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
