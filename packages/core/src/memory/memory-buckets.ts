/** All buckets, slots and blocks of a memory store: bounded, with one overflow bucket a limit for the time when it is full. */
import { type Bucket, resetBucket } from '../buckets/bucket.ts'
import type { Clock, Micros } from '../clock.ts'
import { type MemoryBlocks, memoryBlocks } from './memory-blocks.ts'
import type { KeptBeside } from './memory-kind.ts'
import { memorySweeper, type Sweeper, type Tally } from './memory-sweep.ts'
import { type MemoryTable, memoryTable } from './memory-table.ts'

/** How full a memory store is. */
export interface MemoryUsage {
  /** Buckets that are held, from 0 to `maxBuckets`. Full buckets leave within minutes. */
  readonly buckets: number
  readonly maxBuckets: number
  /** Names of the limits whose new keys share one bucket. Empty unless `maxBuckets` is too small for the traffic. */
  readonly overflowing: readonly string[]
}

/** The buckets of one store. */
export interface MemoryBuckets {
  /** What a kind of rule keeps beside buckets, made at its first use. @param name - of what it keeps, the same in every copy of the core */
  beside<K extends KeptBeside>(name: string, make: (maxKeys: number) => K): K
  /** All of it that there is. */
  keptBeside(): Iterable<KeptBeside>
  readonly blocks: MemoryBlocks
  /** How long a hold can be settled, from its charge or its latest renewal. */
  readonly handleLifetimeUs: Micros
  readonly tally: Tally
  /** Removes some buckets that are full again. Called before each step, never within one, because it frees slots. */
  sweepDue(now: Micros): void
  /** Whether a key without a bucket must share the overflow bucket. */
  full(): boolean
  usage(): MemoryUsage
  /** The table of a limit, made when it is first asked for. */
  table(limit: string): MemoryTable
  /** A slot for a key that has none. Its bucket must be written at once. */
  insert(table: MemoryTable, key: string): number
  /** Writes a bucket into its slot, or into a new one where the slot is -1. */
  write(table: MemoryTable, slot: number, key: string, bucket: Bucket): void
  forget(limit: string, key: string): void
  /** Forgets a key; only that reservations of before can return nothing is remembered of its bucket, where that matters. */
  reset(limit: string, key: string, now: Micros): void
  /** Forgets all keys of some limits, and begins a generation. */
  resetAll(limits: readonly string[]): void
  /** How often buckets were cleared, of all limits or of some, from 1 on. */
  generation(): number
  /** Whether a reservation of a generation may return units to a limit: no bucket of that limit was cleared since. */
  mayReturn(limit: string, generation: number): boolean
  clear(): void
}

/** How the tables of a store are made, and swept. */
export interface TableKind {
  table(tally: Tally): MemoryTable
  sweeper(tables: ReadonlyMap<string, MemoryTable>, tally: Tally, clock: Clock): Sweeper
}

const pagedTables: TableKind = { table: memoryTable, sweeper: memorySweeper }

/** No buckets yet. @param clock - read by the timer that sweeps */
export function memoryBuckets(maxBuckets: number, clock: Clock, handleLifetimeUs: Micros, kind: TableKind = pagedTables): MemoryBuckets {
  const tally: Tally = { buckets: 0, maxBuckets, due: 0 }
  const tables = new Map<string, MemoryTable>()
  const blocks = memoryBlocks(maxBuckets)
  const { beside, keptBeside } = keptBesideBuckets(maxBuckets)
  const { inserted, sweepDue, stop } = kind.sweeper(tables, tally, clock)
  const { generation, mayReturn, begin } = generations()

  function insert(table: MemoryTable, key: string): number {
    const slot = table.insert(key)
    inserted()
    return slot
  }

  function write(table: MemoryTable, slot: number, key: string, bucket: Bucket): void {
    table.write(slot < 0 ? insert(table, key) : slot, bucket)
  }

  function table(limit: string): MemoryTable {
    const known = tables.get(limit)
    if (known !== undefined) return known
    const made = kind.table(tally)
    tables.set(limit, made)
    return made
  }

  function forget(limit: string, key: string): void {
    for (const one of keptBeside()) one.forget(limit, key)
    tables.get(limit)?.remove(key)
    blocks.block(limit, key, 0, 0)
  }

  function reset(limit: string, key: string, now: Micros): void {
    const its = table(limit)
    const slot = its.find(key)
    const kept = slot < 0 ? undefined : resetBucket(its.read(slot), now)
    forget(limit, key)
    if (kept !== undefined) write(its, -1, key, kept)
  }

  function resetAll(limits: readonly string[]): void {
    begin(limits)
    for (const limit of limits) {
      tables.get(limit)?.clear()
      for (const one of keptBeside()) one.forgetAll(limit)
      blocks.liftAll(limit)
    }
  }

  function clear(): void {
    begin('of all limits')
    stop()
    for (const one of keptBeside()) one.clear()
    for (const one of tables.values()) one.clear()
    blocks.clear()
  }

  function usage(): MemoryUsage {
    // Names of limits are printable ASCII. What bans and shares keep has other names.
    const overflowing = [...tables].flatMap(([limit, { overflow }]) => (overflow >= 0 && /^[ -~]*$/.test(limit) ? [limit] : []))
    return { buckets: tally.buckets, maxBuckets, overflowing }
  }

  const verbs = { usage, table, insert, write, forget, reset, resetAll, clear, sweepDue, generation, mayReturn }
  return { beside, keptBeside, tally, blocks, handleLifetimeUs, full: () => tally.buckets >= maxBuckets, ...verbs }
}

/** When the buckets of all limits, and those of single ones, were last cleared. */
function generations() {
  const cleared = new Map<string, number>()
  let allCleared = 0
  let generation = 1
  return {
    generation: () => generation,
    mayReturn: (limit: string, since: number) => since === generation || since >= Math.max(allCleared, cleared.get(limit) ?? 0),
    /** Begins a generation of some limits, or of all. */
    begin(limits: readonly string[] | 'of all limits'): void {
      generation++
      if (limits === 'of all limits') {
        allCleared = generation
        cleared.clear()
      } else for (const limit of limits) cleared.set(limit, generation)
    },
  }
}

/** What kinds of rules keep beside buckets, by name. */
function keptBesideBuckets(maxKeys: number): Pick<MemoryBuckets, 'beside' | 'keptBeside'> {
  const kept = new Map<string, KeptBeside>()
  return {
    beside<K extends KeptBeside>(name: string, make: (maxKeys: number) => K): K {
      const known = kept.get(name) as K | undefined
      if (known !== undefined) return known
      const made = make(maxKeys)
      kept.set(name, made)
      return made
    },
    keptBeside: () => kept.values(),
  }
}
