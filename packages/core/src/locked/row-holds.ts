/** Reservations in rows: what was charged travels with the reservation, and a row remembers that it was settled or renewed. */
import type { Micros } from '../clock.ts'
import type { MemoryCharge, MemoryHold } from '../memory/memory-charges.ts'
import type { Hold } from '../store.ts'
import { type ChangedRow, expiresAtMs, randomName, type TextOf } from './row-buckets.ts'
import { rowKey } from './row-key.ts'
import { decodeRow, encodeRow } from './row-text.ts'

/** What one call has charged. */
export interface LockedHold extends Hold {
  readonly entries: readonly MemoryCharge[]
  /** The generation of each limit in which it was charged. */
  readonly generations: Readonly<Record<string, number>>
}

/** The hold of a call, with a name that no other process gives. */
export function lockedHold({ entries }: MemoryHold, generationOf: (limit: string) => number): LockedHold {
  const generations = Object.fromEntries(entries.map(({ limit: { name } }) => [name, generationOf(name)]))
  return { id: randomName(), entries, generations }
}

/** The holds of one transaction. */
export interface RowHolds {
  /** As a memory store knows them. `openIn` is the place of a hold, from 1 on. */
  readonly held: readonly MemoryHold[]
  /** Whether the hold at a place may return units to a limit: no bucket of the limit was cleared since. */
  mayReturn(limit: string, place: number): boolean
  /** The rows of holds that were settled or renewed. */
  changedRows(): readonly ChangedRow[]
}

/** The key of the row of a hold. */
export function holdKey({ id }: Hold): string {
  return rowKey('hold', id)
}

/**
 * @param handleLifetimeUs - the row of a settlement is kept for so long: after that every settlement of the hold is too late, so that none
 *   counts twice
 */
export function rowHolds(
  holds: readonly LockedHold[],
  textOf: TextOf,
  now: Micros,
  { generationOf, handleLifetimeUs }: { generationOf(limit: string): number; readonly handleLifetimeUs: Micros },
): RowHolds {
  const rows = holds.map((hold) => {
    const text = textOf(holdKey(hold))
    return text === undefined ? {} : decodeRow('hold', text)
  })
  const held = holds.map(({ id, entries }, i): MemoryHold => {
    const { settled, renewedAt } = rows[i]!
    return { id, entries, openIn: settled === true ? 0 : i + 1, ...(renewedAt !== undefined && { renewedAt }) }
  })
  return {
    held,
    mayReturn: (limit, place) => holds[place - 1]?.generations[limit] === generationOf(limit),
    changedRows: () =>
      held.flatMap(({ openIn, renewedAt }, i) => {
        const before = rows[i]!
        const settled = openIn === 0
        if (settled === (before.settled === true) && renewedAt === before.renewedAt) return []
        const text = encodeRow('hold', { renewedAt, settled })
        return [{ key: holdKey(holds[i]!), text, expiresAtMs: expiresAtMs(now + handleLifetimeUs) }]
      }),
  }
}
