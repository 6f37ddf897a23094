/** All buckets, slots and blocks of a memory store: bounded, with one overflow bucket a limit for the time when it is full. */
import type { Unforgiven } from '../buckets/account.ts'
import type { Micros } from '../clock.ts'
import type { BucketState } from '../rules/rule.ts'
import type { BlockedKey, Terms } from '../store.ts'
import { type MemorySlots, memorySlots } from './memory-slots.ts'
import { memorySweeper } from './memory-sweep.ts'
import { type MemoryTable, memoryTable, type Tally } from './memory-table.ts'

/** The buckets of one store. */
export interface MemoryBuckets {
  /** What limits on what happens at the same time have instead of buckets. */
  readonly slots: MemorySlots
  /** Removes some buckets that are full again. Before each step, never within one: it frees slots. */
  tidy(now: Micros): void
  /** Whether a key without a bucket must share the overflow bucket. */
  full(): boolean
  /** The table of a limit, made when it is first asked for. */
  table(limit: string): MemoryTable
  /** Writes a bucket into its slot, or a new one where the slot is -1. */
  write(table: MemoryTable, slot: number, key: string, state: BucketState, terms: Terms, unforgiven?: Unforgiven): void
  /** Microseconds for which a key is still blocked; 0 where it is not. */
  blockedFor(limit: string, key: string, now: Micros): Micros
  /** Blocks a key until then; 0 lifts it. */
  block(limit: string, key: string, until: Micros): void
  /** The keys of a limit that are blocked: so many at most, those that stay so the longest first. */
  blocked(limit: string, most: number, now: Micros): readonly BlockedKey[]
  forget(limit: string, key: string): void
  clear(): void
}

/** No buckets yet. @param nowUs - read by the timer that sweeps */
export function memoryBuckets(maxBuckets: number, nowUs: () => Micros): MemoryBuckets {
  const tally: Tally = { buckets: 0 }
  const tables = new Map<string, MemoryTable>()
  const blocks = new Map<string, Map<string, Micros>>()
  const slots = memorySlots(maxBuckets)
  const sweeper = memorySweeper(tables, tally, nowUs)

  return {
    slots,
    tidy: (now) => sweeper.tidy(now, tally.buckets >= maxBuckets),
    full: () => tally.buckets >= maxBuckets,
    table(limit) {
      const known = tables.get(limit)
      if (known !== undefined) return known
      const table = memoryTable(tally)
      tables.set(limit, table)
      return table
    },
    write(table, slot, key, state, terms, unforgiven) {
      table.write(slot, key, state, terms, unforgiven)
      if (slot < 0) sweeper.inserted()
    },
    blockedFor: (limit, key, now) => (blocks.size === 0 ? 0 : blockedUs(blocks, limit, key, now)),
    block(limit, key, until) {
      lift(blocks, limit, key)
      if (until === 0) return
      const blocked = blocks.get(limit)
      if (blocked === undefined) blocks.set(limit, new Map([[key, until]]))
      else liftExpired(blocked.set(key, until), nowUs())
    },
    blocked(limit, most, now) {
      const live = [...(blocks.get(limit) ?? [])].filter(([, until]) => until > now).sort(([, a], [, b]) => b - a)
      return live.slice(0, most).map(([key, until]) => ({ key, blockedForMs: Math.ceil((until - now) / 1000) }))
    },
    forget(limit, key) {
      slots.forget(limit, key)
      tables.get(limit)?.remove(key)
      lift(blocks, limit, key)
    },
    clear() {
      sweeper.stop()
      slots.clear()
      for (const table of tables.values()) table.clear()
      blocks.clear()
    },
  }
}

function blockedUs(blocks: Map<string, Map<string, Micros>>, limit: string, key: string, now: Micros): Micros {
  const until = blocks.get(limit)?.get(key)
  if (until === undefined) return 0
  if (until > now) return until - now
  lift(blocks, limit, key)
  return 0
}

/** Blocks looked at for each new one, so that those whose owners never come back do not pile up. */
const perBlock = 2

function liftExpired(blocked: Map<string, Micros>, now: Micros): void {
  let looked = 0
  for (const [key, until] of blocked) {
    if (looked++ === perBlock) return
    // One that is still in force goes to the end, and the next new block looks at others.
    blocked.delete(key)
    if (until > now) blocked.set(key, until)
  }
}

function lift(blocks: Map<string, Map<string, Micros>>, limit: string, key: string): void {
  const blocked = blocks.get(limit)
  if (blocked?.delete(key) && blocked.size === 0) blocks.delete(limit)
}
