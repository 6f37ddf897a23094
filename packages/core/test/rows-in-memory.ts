/** A table of rows in memory, whose transactions come one after the other, and a store on it whose time is in the hands of a test. */
import type { Micros, Store } from '../src/index.ts'
import type { StoredRow } from '../src/locked/row-buckets.ts'
import { rowStore } from '../src/locked/row-store.ts'
import type { RowKeys } from '../src/locked/transact.ts'
import { manualClock } from '../src/testing/manual-clock.ts'

/** Rows by key. */
export interface Table {
  readonly rows: Map<string, { readonly text: string; readonly expiresAtMs: number | null }>
  /** The keys of every transaction, in turn. */
  readonly transactions: RowKeys[]
}

/** @param options - `isBackwards` for a clock that steps back: what may be deleted at one time is needed at an earlier one */
export function rowsInMemory({ isBackwards = false }: { readonly isBackwards?: boolean } = {}): {
  readonly store: Store
  readonly table: Table
  setNowUs(now: Micros): void
} {
  const table: Table = { rows: new Map(), transactions: [] }
  const clock = manualClock()
  const store = rowStore({
    clock,
    close: undefined,
    handleLifetimeUs: 600_000_000,
    transaction(keys, decide) {
      table.transactions.push(keys)
      if (!isBackwards) deleteExpired(table, clock.nowMs())
      const found = [...keys.lock, ...keys.read].flatMap((key): StoredRow[] => {
        const row = table.rows.get(key)
        return row === undefined ? [] : [{ key, text: row.text }]
      })
      for (const { key, text, expiresAtMs } of decide(found)) {
        if (!keys.lock.includes(key)) throw new Error(`${key} was written without a lock`)
        table.rows.set(key, { text, expiresAtMs })
      }
    },
  })
  return { store, table, setNowUs: clock.setUs }
}

/**
 * Rows go as soon as they may, without the minute by which clocks may differ. Those of reservations stay, because the memory store remembers
 * for ever that one was settled: without its row, a second settlement is late in place of second.
 */
function deleteExpired({ rows }: Table, nowMs: number): void {
  for (const [key, { expiresAtMs }] of rows)
    if (expiresAtMs !== null && expiresAtMs - 60_000 <= nowMs && !key.startsWith('hold/')) rows.delete(key)
}
