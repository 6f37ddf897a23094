/**
 * The buckets of one transaction: its rows, loaded into the buckets of a memory store. That store decides, and what it has changed is
 * written back. So a store of one's own decides every kind of rule as memory does.
 */
import { type Bucket, isExpired, keepUs } from '../buckets/bucket.ts'
import { type Clock, clockAt, type Micros } from '../clock.ts'
import { type MemoryBuckets, memoryBuckets, type TableKind } from '../memory/memory-buckets.ts'
import type { MemorySlots } from '../rules/concurrency/memory-slots.ts'
import { slotsOf } from '../rules/concurrency/slot-charges.ts'
import { rowKey } from './row-key.ts'
import { rowTable } from './row-table.ts'
import { type BucketRow, decodeRow, encodeRow } from './row-text.ts'

/** A row as it is stored. */
export interface StoredRow {
  /** Unique; 1 to 255 printable ASCII characters. Compare it byte by byte: `A` and `a` are two keys. */
  readonly key: string
  /** JSON. */
  readonly text: string
}

/** A row to write: in place of the one with this key, or as a new one. */
export interface ChangedRow extends StoredRow {
  /** Milliseconds since the epoch after which the row may be deleted, or `null` for a row that stays. */
  readonly expiresAtMs: number | null
}

/** The bucket of a key. */
export interface BucketAt {
  /** The name of the limit. */
  readonly limit: string
  readonly key: string
}

/** The text of a row; `undefined` where there is none. */
export type TextOf = (rowKey: string) => string | undefined

/** The buckets of one transaction. */
export interface RowBuckets {
  readonly buckets: MemoryBuckets
  readonly clock: Clock
  /** The generation that a limit is in. */
  generationOf(limit: string): number
  /** Keys whose block began or ended, with the time until which they are blocked; 0 where they are not. */
  changedBlocks(): readonly (BucketAt & { readonly until: Micros })[]
  /** The rows that have changed. */
  changedRows(): readonly ChangedRow[]
}

/** Above the number of rows of any call, so that no key has to share a bucket. */
const mostBuckets = 2 ** 24
/** Nothing is swept, because a transaction ends at once. */
const rowTables: TableKind = { table: rowTable, sweeper: () => ({ inserted: nothing, sweepDue: nothing, stop: nothing }) }
/** Rows are kept for so much longer than they matter, in case the clock that deletes them is ahead. */
const marginMs = 60_000
/** A bucket is kept for a second at least. */
const leastKeptUs = 1_000_000

/** @param wanted - the buckets of the transaction, each once */
export function rowBuckets(wanted: readonly BucketAt[], textOf: TextOf, now: Micros, handleLifetimeUs: Micros): RowBuckets {
  const clock = clockAt(now)
  const buckets = memoryBuckets(mostBuckets, clock, handleLifetimeUs, rowTables)
  const slots = slotsOf(buckets, randomName)
  const rows = wanted.map((at) => {
    const key = rowKey('bucket', at.limit, at.key)
    const text = textOf(key)
    return { ...at, rowKey: key, text, row: text === undefined ? undefined : decodeRow('bucket', text) }
  })
  const generations = generationsOf(rows, textOf)
  const generationOf = (limit: string): number => generations.get(limit) ?? 0
  for (const { limit, key, row } of rows) if (row?.generation === generationOf(limit)) load({ buckets, slots }, { limit, key }, row, now)

  const blockedUntil = ({ limit, key }: BucketAt): Micros => {
    const left = buckets.blocks.blockedFor(limit, key, now)
    return left === 0 ? 0 : now + left
  }
  const blockedBefore = rows.map(blockedUntil)
  return {
    buckets,
    clock,
    generationOf,
    changedBlocks: () =>
      rows
        .map(({ limit, key }) => ({ limit, key, until: blockedUntil({ limit, key }) }))
        .filter(({ until }, i) => until !== blockedBefore[i]),
    changedRows: () =>
      rows.flatMap(({ limit, key, rowKey, text }) => {
        const bucket = bucketAt(buckets, { limit, key })
        const saved = slots.save(limit, key)
        const until = blockedUntil({ limit, key })
        const row = { generation: generationOf(limit), bucket, slots: saved, ...(until > 0 && { blockedUntil: until }) }
        const isEmpty = bucket === undefined && saved === undefined && until === 0
        const after = encodeRow('bucket', row)
        if (after === text || (isEmpty && text === undefined)) return []
        const expiresAt = Math.max(now, until, saved?.lastEnd ?? 0, bucket === undefined ? 0 : keptUntil(bucket))
        return [{ key: rowKey, text: after, expiresAtMs: expiresAtMs(expiresAt) }]
      }),
  }
}

/** When a row may be deleted that matters until a time. */
export function expiresAtMs(at: Micros): number {
  return Math.ceil(at / 1000) + marginMs
}

/**
 * The generation of each limit: the largest that is known. That of the limit's own row may have been read before a `resetAll` whose rows
 * are here already.
 */
function generationsOf(
  rows: readonly { readonly limit: string; readonly row: BucketRow | undefined }[],
  textOf: TextOf,
): Map<string, number> {
  const generations = new Map<string, number>()
  for (const { limit, row } of rows) {
    const known = generations.get(limit) ?? storedGeneration(limit, textOf)
    generations.set(limit, Math.max(known, row?.generation ?? 0))
  }
  return generations
}

/** The generation of a limit by its own row; 0 before the first `resetAll`. */
export function storedGeneration(limit: string, textOf: TextOf): number {
  const text = textOf(rowKey('generation', limit))
  return text === undefined ? 0 : decodeRow('generation', text).generation
}

function load(
  { buckets, slots }: { readonly buckets: MemoryBuckets; readonly slots: MemorySlots },
  at: BucketAt,
  row: BucketRow,
  now: Micros,
): void {
  const { limit, key } = at
  if (row.bucket !== undefined) buckets.write(buckets.table(limit), -1, key, row.bucket)
  if (row.slots !== undefined) slots.load(limit, key, row.slots)
  if (row.blockedUntil !== undefined) buckets.blocks.block(limit, key, row.blockedUntil, now)
}

function bucketAt(buckets: MemoryBuckets, { limit, key }: BucketAt): Bucket | undefined {
  const table = buckets.table(limit)
  const slot = table.find(key)
  return slot < 0 ? undefined : table.read(slot)
}

/**
 * Until when a bucket matters: it is as good as never used after that, and no reservation can return units. At most twice as long as needed,
 * because some kinds remember in a full bucket which keys have asked.
 */
function keptUntil(bucket: Bucket): Micros {
  const { last } = bucket.state
  let span = Math.max(leastKeptUs, keepUs(bucket, last))
  while (!isExpired(bucket, last + span)) span *= 2
  return Math.max(bucket.epoch ?? 0, last + span)
}

function nothing(): void {}

interface Host {
  readonly crypto: { randomUUID(): string }
}

/** A name that no process gives twice. */
export function randomName(): string {
  return (globalThis as unknown as Host).crypto.randomUUID()
}
