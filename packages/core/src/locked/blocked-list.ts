/** The list of the blocked keys of a limit: one row, which changes only when a block begins or ends. */
import type { Micros } from '../clock.ts'
import type { BlockedKey } from '../store.ts'
import { type ChangedRow, expiresAtMs, type TextOf } from './row-buckets.ts'
import { rowKey } from './row-key.ts'
import { type BlockedRow, decodeRow, encodeRow } from './row-text.ts'

/** Keys of one limit that can be blocked at once. Each new block writes the whole list. */
export const mostBlocked = 10_000

/** The keys that are blocked, and until when. */
export type BlockedList = ReadonlyMap<string, Micros>

/** The keys of a limit that are blocked now. A list of an earlier generation blocks no key. */
export function readBlocked(limit: string, generation: number, textOf: TextOf, now: Micros): BlockedList {
  const text = textOf(rowKey('blocked', limit))
  const row: BlockedRow | undefined = text === undefined ? undefined : decodeRow('blocked', text)
  if (row === undefined || row.generation < generation) return new Map()
  return new Map(Object.entries(row.keys).filter(([, until]) => until > now))
}

/** Whether no other key can be blocked. */
export function isFull(list: BlockedList | undefined, key: string): boolean {
  return list !== undefined && list.size >= mostBlocked && !list.has(key)
}

/** The row of a list in which some blocks have changed: an end of 0 lifts one. */
export function writeBlocked(
  limit: string,
  generation: number,
  list: BlockedList,
  changed: readonly { readonly key: string; readonly until: Micros }[],
  now: Micros,
): ChangedRow {
  const keys = new Map(list)
  for (const { key, until } of changed) {
    if (until > 0) keys.set(key, until)
    else keys.delete(key)
  }
  const lastEnd = [...keys.values()].reduce((last, until) => Math.max(last, until), now)
  const text = encodeRow('blocked', { generation, keys: Object.fromEntries(keys) })
  return { key: rowKey('blocked', limit), text, expiresAtMs: expiresAtMs(lastEnd) }
}

/** So many keys of a list at most, those that stay blocked the longest first. */
export function longestBlocked(list: BlockedList, most: number, now: Micros): readonly BlockedKey[] {
  const sorted = [...list].sort(([, a], [, b]) => b - a).slice(0, most)
  return sorted.map(([key, until]) => ({ key, blockedForMs: Math.ceil((until - now) / 1000) }))
}
