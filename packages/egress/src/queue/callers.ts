/**
 * Fairness between callers: start-time fair queueing, and a bound on what one caller may use of a window.
 *
 * Order alone cannot protect light callers, because a full window frees in clumps. What a heavy caller wants beyond its bound waits in
 * a queue of its own, and the windows keep room for the others.
 */
import type { Micros } from '@sluice/core'
import { type Dimension, dimension } from '../mirror/dimension.ts'
import { book, dropOld, earliestIn, usedAt, type WindowLog } from '../mirror/window-log.ts'
import type { WaitingCall } from './waiting-call.ts'

/** The whole of a window, in the unit of shares. */
export const wholeShare = 1_000_000

/** What is known of a caller while it has calls in the queue or in the window. */
export interface Caller {
  /** Start tag of its next call. */
  nextRank: number
  /** Shares that it has used in the present window. */
  readonly used: WindowLog
  /** Shares that stand in the line. */
  inLine: number
  /** Calls beyond its bound, in their order. */
  held: WaitingCall[]
  heldShare: number
  /** All of its calls that wait, in the order in which they came. */
  readonly waiting: Set<WaitingCall>
}

export interface Callers {
  get(name: string): Caller | undefined
  /** The caller, made if there is room for one more; `undefined` if too many callers are active. */
  of(name: string, now: Micros): Caller | undefined
  /** Shares of the present window that the caller has used. */
  used(caller: Caller, now: Micros): number
  spend(caller: Caller, now: Micros, share: number): void
  /** When `share` more fits under `bound`. */
  freeAt(caller: Caller, now: Micros, share: number, bound: number): Micros
  /** What one caller may use, given what all others use. Shares of a window. */
  bound(othersUse: number, share: number): number
}

/** While others are active, one caller uses at most this part of a window. */
const mostBesideOthers = 0.4 * wholeShare
/** A caller that wants no more than this part is not bounded, though a heavy one is there. Order decides among light callers. */
export const lightShare: number = 0.1 * wholeShare
/** A heavy caller may always use this part. */
const always = 0.05 * wholeShare

export function createCallers({ windowUs, transitUs }: Dimension, most: number): Callers {
  const callers = new Map<string, Caller>()
  const shares = dimension({ capacity: wholeShare, windowUs, transitUs })
  let sweptAt = Number.NEGATIVE_INFINITY

  /** At most once a slot: strangers who come while all callers are active would otherwise have the whole map read for each of them. */
  function makeRoom(now: Micros): void {
    if (now >= sweptAt && now < sweptAt + shares.slotUs) return
    sweptAt = now
    sweep(now)
  }

  function sweep(now: Micros): void {
    for (const [name, caller] of callers) {
      dropOld(caller.used, now, windowUs + transitUs)
      if (caller.used.length === 0 && caller.inLine === 0 && caller.held.length === 0) callers.delete(name)
    }
  }

  return {
    get: (name) => callers.get(name),
    of(name, now) {
      const known = callers.get(name)
      if (known !== undefined) return known
      if (callers.size >= most) makeRoom(now)
      if (callers.size >= most) return undefined
      const made: Caller = { nextRank: 0, used: [], inLine: 0, held: [], heldShare: 0, waiting: new Set() }
      callers.set(name, made)
      return made
    },
    used: (caller, now) => usedAt(caller.used, now, shares),
    spend(caller, now, share) {
      dropOld(caller.used, now, windowUs + transitUs)
      book(caller.used, now, share, shares.slotUs)
    },
    freeAt: (caller, now, share, bound) => earliestIn(caller.used, now, share + caller.inLine, bound, shares),
    bound(othersUse, share) {
      if (othersUse <= 0) return wholeShare
      // Three standard deviations of what the others may add are left free.
      const rest = wholeShare - othersUse - 3 * Math.sqrt(2 * othersUse * share)
      return Math.max(always, wholeShare / Math.max(3, callers.size), Math.min(mostBesideOthers, rest))
    },
  }
}
