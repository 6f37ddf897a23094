/**
 * The buckets of one limit: keys in Maps, states in pages of numbers.
 *
 * One Map of a million keys stalls for tens of milliseconds when it grows. So a table with more than 16,384 keys spreads new keys over
 * 64 Maps. Pages of 1,024 slots grow without copying. A bucket costs two numbers, its key, and an entry of a Map.
 */
import type { Bucket } from '../buckets/bucket.ts'
import type { BucketState } from '../kind.ts'
import type { Terms } from '../store.ts'
import type { Tally } from './memory-sweep.ts'

/** The bucket that unknown keys of a limit share while the store is full. No key has this text. */
export const overflowKey = '\u0000overflow'

/** The buckets in 1,024 neighbouring slots. The place of a slot is its index in its page. */
export interface Page {
  /** By place; `undefined` where the slot is free. */
  readonly keys: (string | undefined)[]
  /** At twice the place of a slot what is used, and beside it when that was true. */
  readonly numbers: Float64Array
  /** The terms of all its buckets, or once they differ of each bucket. */
  terms: Terms | undefined
  ownTerms: Terms[] | undefined
  /** What earlier periods left behind, and epochs; absent while no bucket has any. */
  carried: Float64Array | undefined
  epochs: Float64Array | undefined
  /** What few buckets have, by place: a log, and an uncapped state. */
  logs: Map<number, NonNullable<BucketState['log']>> | undefined
  uncapped: Map<number, BucketState> | undefined
}

/** Buckets by key. */
export interface MemoryTable {
  /** The slot of the overflow bucket, or -1. */
  readonly overflow: number
  size(): number
  pageOf(slot: number): Page
  /** The slot of a key, or -1. */
  find(key: string): number
  /** A slot for a new key. Its bucket must be written at once. */
  insert(key: string): number
  read(slot: number): Bucket
  write(slot: number, bucket: Bucket): void
  remove(key: string): void
  /** Removes a key that has this slot. */
  drop(key: string, slot: number): void
  /** The next slot of a round over all of them, in use or free; -1 at its end. */
  next(): number
  clear(): void
}

const pageSlots = 1024
const splitAt = 16_384
const shardCount = 64

/** An empty table, which counts its buckets in the tally too. */
export function memoryTable(tally: Tally): MemoryTable {
  const index = keyIndex()
  const pages: Page[] = []
  const slots = tableSlots(pages)
  let size = 0
  const pageOf = (slot: number): Page => pages[slot >> 10]!

  function clear(): void {
    tally.buckets -= size
    index.clear()
    slots.clear()
    size = 0
    table.overflow = -1
  }

  function drop(key: string, slot: number): void {
    index.remove(key)
    slots.free(slot)
    size--
    tally.buckets--
    if (slot === table.overflow) table.overflow = -1
    // One page stays: a bucket that comes and goes again and again would otherwise bring a page with it each time.
    if (size === 0 && pages.length > 1) clear()
  }

  const table: MemoryTable & { overflow: number } = {
    overflow: -1,
    size: () => size,
    pageOf,
    find: index.find,
    insert(key) {
      const slot = slots.take()
      pageOf(slot).keys[placeOf(slot)] = key
      index.add(key, slot)
      size++
      tally.buckets++
      if (key === overflowKey) table.overflow = slot
      return slot
    },
    read: (slot) => readPlace(pageOf(slot), placeOf(slot)),
    write(slot, { state, terms, uncapped, epoch = 0 }) {
      writePlace(pageOf(slot), placeOf(slot), state, uncapped, epoch)
      writeTerms(pageOf(slot), placeOf(slot), terms)
    },
    remove(key) {
      const slot = index.find(key)
      if (slot >= 0) drop(key, slot)
    },
    drop,
    next: slots.next,
    clear,
  }
  return table
}

/** The slots of pages. Free ones form a chain: each holds the next one in place of what was used. */
function tableSlots(pages: Page[]) {
  let top = 0
  let firstFree = -1
  let cursor = 0
  return {
    take(): number {
      if (firstFree < 0) {
        if (top === pages.length * pageSlots) pages.push(emptyPage())
        return top++
      }
      const slot = firstFree
      firstFree = pages[slot >> 10]!.numbers[placeOf(slot) * 2]!
      return slot
    },
    free(slot: number): void {
      const page = pages[slot >> 10]!
      page.keys[placeOf(slot)] = undefined
      writePlace(page, placeOf(slot), { used: firstFree, last: 0, carried: 0 }, undefined, 0)
      firstFree = slot
    },
    next(): number {
      if (cursor < top) return cursor++
      cursor = 0
      return -1
    },
    clear(): void {
      pages.length = top = cursor = 0
      firstFree = -1
    },
  }
}

/** Slots by key. */
function keyIndex() {
  const first = new Map<string, number>()
  let shards: Map<string, number>[] | undefined

  /** A key that came while all were in one Map moves to its own Map when it is asked for. To move all at once would be a stall too. */
  function moveOn(key: string, shard: Map<string, number>): number {
    const slot = first.get(key)
    if (slot === undefined) return -1
    first.delete(key)
    shard.set(key, slot)
    return slot
  }

  return {
    find(key: string): number {
      if (shards === undefined) return first.get(key) ?? -1
      const shard = shards[spread(key)]!
      return shard.get(key) ?? moveOn(key, shard)
    },
    add(key: string, slot: number): void {
      if (shards === undefined && first.size >= splitAt) shards = Array.from({ length: shardCount }, () => new Map<string, number>())
      const shard = shards === undefined ? first : shards[spread(key)]!
      shard.set(key, slot)
    },
    remove: (key: string): boolean => first.delete(key) || shards?.[spread(key)]?.delete(key) === true,
    clear(): void {
      first.clear()
      shards = undefined
    },
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

/** The place of a slot in its page. */
export function placeOf(slot: number): number {
  return slot & (pageSlots - 1)
}

function emptyPage(): Page {
  const rare = { carried: undefined, epochs: undefined, logs: undefined, uncapped: undefined }
  const keys = new Array<undefined>(pageSlots).fill(undefined)
  return { keys, numbers: new Float64Array(pageSlots * 2), terms: undefined, ownTerms: undefined, ...rare }
}

/** Whether a bucket is under these terms, and its two numbers say all that there is to know of it. */
export function isPlain(page: Page, at: number, terms: Terms): boolean {
  if (page.terms !== terms && page.ownTerms?.[at] !== terms) return false
  return (page.epochs === undefined || page.epochs[at] === 0) && page.uncapped?.has(at) !== true
}

/** The terms of the bucket at a place of a page. */
export const termsAt = ({ terms, ownTerms }: Page, at: number): Terms => terms ?? ownTerms![at]!

/** Writes the terms of a bucket: as those of all its neighbours, as long as they are the same. */
export function writeTerms(page: Page, at: number, terms: Terms): void {
  if (page.terms === terms) return
  if (page.terms === undefined && page.ownTerms === undefined) page.terms = terms
  else {
    page.ownTerms ??= new Array<Terms>(pageSlots).fill(page.terms!)
    page.terms = undefined
    page.ownTerms[at] = terms
  }
}

function readPlace(page: Page, at: number): Bucket {
  const { numbers, carried, epochs, logs, uncapped } = page
  const state = { used: numbers[at * 2]!, last: numbers[at * 2 + 1]!, carried: carried === undefined ? 0 : carried[at]! }
  const log = logs?.get(at)
  return {
    state: log === undefined ? state : { ...state, log },
    terms: termsAt(page, at),
    uncapped: uncapped?.get(at),
    epoch: epochs === undefined ? 0 : epochs[at]!,
  }
}

function writePlace(page: Page, at: number, state: BucketState, uncapped: BucketState | undefined, epoch: number): void {
  page.numbers[at * 2] = state.used
  page.numbers[at * 2 + 1] = state.last
  page.carried = writeNumber(page.carried, at, state.carried)
  page.epochs = writeNumber(page.epochs, at, epoch)
  page.logs = writeRare(page.logs, at, state.log)
  page.uncapped = writeRare(page.uncapped, at, uncapped)
}

function writeNumber(numbers: Float64Array | undefined, at: number, value: number): Float64Array | undefined {
  if (numbers === undefined && value === 0) return undefined
  const written = numbers ?? new Float64Array(pageSlots)
  written[at] = value
  return written
}

function writeRare<T>(values: Map<number, T> | undefined, at: number, value: T | undefined): Map<number, T> | undefined {
  if (value !== undefined) return (values ?? new Map<number, T>()).set(at, value)
  return values?.delete(at) === true && values.size === 0 ? undefined : values
}
