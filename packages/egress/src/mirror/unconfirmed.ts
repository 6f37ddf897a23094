/** What a process has told its shared mirror, until the mirror confirms it: lost with a question, it goes with the next one. */
import type { Clock } from '@sluice/core'
import type { Ask, Settlement, Sighting } from './mirror.ts'

export interface Unconfirmed {
  readonly isEmpty: boolean
  /** Keeps what a question tells, whether it is sent or not. */
  keep(news: Pick<Ask, 'settles' | 'seen' | 'blockUs'>): void
  /** The question, with everything that is not confirmed. */
  with(ask: Ask): Ask
  /** The latest question was answered. */
  confirm(): void
}

/** Sightings that are kept while the mirror is away. Later ones say more. */
const mostSightings = 64

/** @param settledMs - a settlement that was not confirmed is sent again for so long */
export function unconfirmed(clock: Clock, settledMs: number): Unconfirmed {
  let number = 0
  /** Sent, with its number, and perhaps applied: it is sent again as it is. */
  let sent: { readonly settles: readonly Settlement[]; readonly endMs: number } | undefined
  let next: Settlement[] = []
  let seen: Sighting[] = []
  let blockEndMs = 0
  /** The block that the latest question carried. */
  let blockSentMs = 0

  return {
    get isEmpty() {
      return sent === undefined && next.length === 0 && seen.length === 0 && blockEndMs === 0
    },
    keep({ settles, seen: sightings, blockUs }) {
      next.push(...settles)
      if (sightings.length > 0) seen = [...seen, ...sightings].slice(-mostSightings)
      if (blockUs > 0) blockEndMs = Math.max(blockEndMs, clock.nowMs() + blockUs / 1000)
    },
    with(ask) {
      const nowMs = clock.nowMs()
      if (sent !== undefined && sent.endMs <= nowMs) sent = undefined
      if (sent === undefined && next.length > 0) {
        sent = { settles: next, endMs: nowMs + settledMs }
        number += 1
        next = []
      }
      blockSentMs = blockEndMs
      const blockUs = Math.max(0, Math.ceil((blockEndMs - nowMs) * 1000))
      return { ...ask, settles: sent?.settles ?? [], settling: sent === undefined ? 0 : number, seen, blockUs }
    },
    confirm() {
      sent = undefined
      seen = []
      if (blockSentMs === blockEndMs) blockEndMs = 0
    },
  }
}
