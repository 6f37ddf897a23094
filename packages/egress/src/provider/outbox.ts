/** What a process has to say to its mirror with the next question. */
import type { Micros } from '@sluice/core'
import type { Ask, Move, Settlement, Sighting } from '../mirror/mirror.ts'
import type { WaitingCall } from '../queue/waiting-call.ts'

/** A call that is booked anew before it is sent. */
export interface PendingMove {
  readonly call: WaitingCall
  readonly move: Move
  readonly attempts: number
}

export interface Outbox {
  /** Nothing is to be said. */
  readonly isEmpty: boolean
  /** Calls wait for their new booking, which has to be asked for at once. */
  readonly hasMoves: boolean
  settle(settlement: Settlement): void
  move(pending: PendingMove): void
  see(sightings: readonly Sighting[], blockUs: Micros): void
  /** Everything so far, once. */
  take(): Pick<Ask, 'settles' | 'seen' | 'blockUs'> & { readonly moves: readonly PendingMove[] }
}

export function createOutbox(): Outbox {
  let settles: Settlement[] = []
  let moves: PendingMove[] = []
  let seen: Sighting[] = []
  let blockUs = 0
  return {
    get isEmpty() {
      return settles.length === 0 && moves.length === 0 && seen.length === 0 && blockUs === 0
    },
    get hasMoves() {
      return moves.length > 0
    },
    settle: (settlement) => void settles.push(settlement),
    move: (pending) => void moves.push(pending),
    see(sightings, block) {
      seen.push(...sightings)
      blockUs = Math.max(blockUs, block)
    },
    take() {
      const all = { settles, moves, seen, blockUs }
      settles = []
      moves = []
      seen = []
      blockUs = 0
      return all
    },
  }
}
