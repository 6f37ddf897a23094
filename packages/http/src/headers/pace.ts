/** Reads from a rule what headers say about it: how much comes back, how often, and of what. */
import type { LimitStatus } from '@sluice/core'

export interface Pace {
  /** Units returned per period; a share may have a fraction of one. `null` where nothing returns with time. */
  readonly refill: number | null
  /** Milliseconds. `null` where there is no period, or where its length varies (a calendar month). */
  readonly periodMs: number | null
  /** What is counted, in the words of the `qu` parameter. */
  readonly unit: 'requests' | 'concurrent-requests'
}

/** Windows name no refill: all of their capacity comes back. */
export function paceOf({ rule, capacity }: Pick<LimitStatus, 'rule' | 'capacity'>): Pace {
  const { kind, perMs, refill } = rule as { kind: string; perMs?: unknown; refill?: unknown }
  if (kind === 'concurrency') return { refill: null, periodMs: null, unit: 'concurrent-requests' }
  if (typeof perMs !== 'number') return { refill: null, periodMs: null, unit: 'requests' }
  return { refill: typeof refill === 'number' ? refill : capacity, periodMs: perMs, unit: 'requests' }
}
