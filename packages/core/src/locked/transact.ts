/** One transaction: which rows it takes, what is decided on them, and which of them it writes. */
import { type Clock, type Micros, microsOf } from '../clock.ts'
import { SLUICE_STORE_ROW, SLUICE_STORE_TRANSACTION } from '../errors.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import type { MemoryHold } from '../memory/memory-charges.ts'
import { type MemoryStore, storeOnBuckets } from '../memory/memory-store.ts'
import { SluiceError } from '../sluice-error.ts'
import { type BlockedKey, type Hold, storeError } from '../store.ts'
import { type BlockedList, longestBlocked, readBlocked, writeBlocked } from './blocked-list.ts'
import { type BucketAt, type ChangedRow, rowBuckets, type StoredRow, storedGeneration, type TextOf } from './row-buckets.ts'
import { holdKey, type LockedHold, lockedHold, rowHolds } from './row-holds.ts'
import { rowKey } from './row-key.ts'
import { encodeRow } from './row-text.ts'

/** The keys of the rows of one transaction. */
export interface RowKeys {
  /** Rows to lock, whether they exist or not. Each once, in ascending order: transactions that lock in this order never wait for each other in a circle. */
  readonly lock: readonly string[]
  /** Rows to read as well, without a lock. */
  readonly read: readonly string[]
}

/**
 * Decides one call. It reads nothing but its arguments and changes nothing, so it may be called again when a transaction is repeated.
 * @param rows - those of the rows asked for that exist, in any order
 * @param nowMs - the time of the database, in milliseconds since the epoch, fractions allowed. @default the time of the `clock` option
 * @returns the rows to write before the commit
 */
export type DecideRows = (rows: readonly StoredRow[], nowMs?: number) => readonly ChangedRow[]

/** What a store of rows is made with. */
export interface RowContext {
  transaction(keys: RowKeys, decide: DecideRows): MaybePromise<unknown>
  readonly close: (() => MaybePromise<void>) | undefined
  readonly handleLifetimeUs: Micros
  /** Read where a transaction gives no time. */
  readonly clock: Clock
}

/** What a call reads and writes. */
export interface Wanted {
  readonly buckets: readonly BucketAt[]
  readonly holds?: readonly LockedHold[]
  /** Whether it only looks: then nothing is locked or written. */
  readonly isLook?: boolean
}

/** A transaction as a verb sees it. */
export interface Transaction {
  /** A memory store with the rows of the transaction. */
  readonly store: MemoryStore
  readonly held: readonly MemoryHold[]
  /** A hold that this store has made, as another transaction can read it. */
  holdOf(hold: Hold | null): LockedHold | null
  /** Leaves these buckets, and all holds, as the rows have them. */
  leave(buckets: readonly BucketAt[]): void
  /** The blocked keys of a limit; `undefined` while no block has changed, so that the list is not locked. */
  blockedIn(limit: string): BlockedList | undefined
}

/**
 * Runs a verb in a transaction. The lists of blocked keys are locked only if a block begins or ends. This shows while the verb runs, so that
 * the first transaction then writes nothing, and a second one takes the lists as well.
 */
export async function transact<T>(context: RowContext, wanted: Wanted, run: (transaction: Transaction) => T): Promise<T> {
  const limits = new Set(wanted.buckets.map(({ limit }) => limit))
  const lists = new Set<string>()
  for (;;) {
    const { answer, missing } = await runOnce(context, keysOf(wanted, limits, lists), decideOn)
    if (missing.length === 0) return answer
    for (const limit of missing) lists.add(limit)
  }

  function decideOn(textOf: TextOf, now: Micros): Decided<{ readonly answer: T; readonly missing: readonly string[] }> {
    const rows = rowBuckets(wanted.buckets, textOf, now, context.handleLifetimeUs)
    const { generationOf, buckets } = rows
    const holds = rowHolds(wanted.holds ?? [], textOf, now, { generationOf, handleLifetimeUs: context.handleLifetimeUs })
    const blocked = new Map([...lists].map((limit) => [limit, readBlocked(limit, generationOf(limit), textOf, now)]))
    const store = storeOnBuckets({ ...buckets, mayReturn: holds.mayReturn }, rows.clock)
    let left: readonly string[] | undefined
    const answer = run({
      store,
      held: holds.held,
      holdOf: (hold) => hold && lockedHold(hold as MemoryHold, generationOf),
      leave: (kept) => {
        left = kept.map(({ limit, key }) => rowKey('bucket', limit, key))
      },
      blockedIn: (limit) => blocked.get(limit),
    })
    if (wanted.isLook === true) return { outcome: { answer, missing: [] }, changed: [] }
    const blocks = rows.changedBlocks()
    const missing = blocks.map(({ limit }) => limit).filter((limit) => !lists.has(limit))
    if (missing.length > 0) return { outcome: { answer, missing }, changed: [] }
    const listed = [...blocked].flatMap(([limit, list]) => {
      const changed = blocks.filter((block) => block.limit === limit)
      return changed.length === 0 ? [] : [writeBlocked(limit, generationOf(limit), list, changed, now)]
    })
    const changed = [...rows.changedRows().filter(({ key }) => left?.includes(key) !== true), ...listed]
    return { outcome: { answer, missing }, changed: left === undefined ? [...changed, ...holds.changedRows()] : changed }
  }
}

/** The keys of a transaction. Their order is that of code units, the same in every process. */
function keysOf({ buckets, holds = [], isLook }: Wanted, limits: ReadonlySet<string>, lists: ReadonlySet<string>): RowKeys {
  const own = [
    ...buckets.map(({ limit, key }) => rowKey('bucket', limit, key)),
    ...holds.map(holdKey),
    ...[...lists].map((limit) => rowKey('blocked', limit)),
  ].sort()
  const generations = [...limits].map((limit) => rowKey('generation', limit))
  return isLook === true ? { lock: [], read: [...own, ...generations] } : { lock: own, read: generations }
}

/** What comes of one transaction. */
interface Decided<T> {
  readonly outcome: T
  readonly changed: readonly ChangedRow[]
}

/** Lets the application run one transaction. */
async function runOnce<T>(
  { transaction, clock }: RowContext,
  keys: RowKeys,
  decide: (textOf: TextOf, now: Micros) => Decided<T>,
): Promise<T> {
  let decided: { readonly outcome: T } | { readonly error: unknown } | undefined
  const decideRows: DecideRows = (rows, nowMs) => {
    try {
      const { outcome, changed } = decide(textsOf(rows), timeOf(clock, nowMs))
      decided = { outcome }
      return changed
    } catch (error) {
      decided = { error }
      throw error
    }
  }
  try {
    await transaction(keys, decideRows)
  } catch (cause) {
    // What the decision has thrown is the cause, whatever a database library makes of it.
    throw decided !== undefined && 'error' in decided ? decided.error : cause
  }
  if (decided === undefined) throw new SluiceError(SLUICE_STORE_TRANSACTION)
  if ('error' in decided) throw decided.error
  return decided.outcome
}

function textsOf(rows: readonly StoredRow[]): TextOf {
  if (!Array.isArray(rows as unknown)) throw new SluiceError(SLUICE_STORE_ROW)
  const texts = new Map(rows.map(({ key, text }) => [key, text]))
  return (key) => texts.get(key)
}

/** A time that makes no sense is a fault of the store: `onOutage` decides meanwhile. */
function timeOf(clock: Clock, nowMs: number | undefined): Micros {
  try {
    return microsOf(nowMs === undefined ? clock : { nowMs: () => nowMs })
  } catch (cause) {
    throw storeError(cause)
  }
}

/** Begins a generation of some limits: all that is kept of their keys counts no longer. */
export function startGenerations(context: RowContext, limits: readonly string[]): Promise<void> {
  const lock = limits.map((limit) => rowKey('generation', limit)).sort()
  return runOnce(context, { lock, read: [] }, (textOf, now) => {
    const changed = limits.map((limit) => {
      // A time, so that it is above every generation of rows whose own one was lost.
      const generation = Math.max(now, storedGeneration(limit, textOf) + 1)
      return { key: rowKey('generation', limit), text: encodeRow('generation', { generation }), expiresAtMs: null }
    })
    return { outcome: undefined, changed }
  })
}

/** The keys of a limit that are blocked now, those that stay so the longest first. */
export function listBlocked(context: RowContext, limit: string, most: number): Promise<readonly BlockedKey[]> {
  const read = [rowKey('blocked', limit), rowKey('generation', limit)]
  return runOnce(context, { lock: [], read }, (textOf, now) => {
    const list = readBlocked(limit, storedGeneration(limit, textOf), textOf, now)
    return { outcome: longestBlocked(list, most, now), changed: [] }
  })
}
