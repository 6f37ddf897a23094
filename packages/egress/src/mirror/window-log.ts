/** The log of one dimension: what was booked when, in slots. Pairs of (time of the last booking, units), the oldest first. */
import type { Micros } from '@sluice/core'
import { type Dimension, horizonUs } from './dimension.ts'

/** `[last, units, last, units, ...]`, as the Redis script packs it. */
export type WindowLog = number[]

/** Books `units` at `now`, which is never before the last entry. */
export type Book = (log: WindowLog, now: Micros, units: number, slotUs: Micros) => void

/** The entry takes the time of its last booking. With that of its first one it would leave before later bookings have left the window. */
export const book: Book = (log, now, units, slotUs) => {
  const last = log.length - 2
  if (last >= 0 && Math.floor(log[last]! / slotUs) === Math.floor(now / slotUs)) {
    log[last] = now
    log[last + 1]! += units
  } else {
    log.push(now, units)
  }
}

/**
 * Takes units of the booking at `at` back; a negative number adds to it. An entry never goes below zero.
 * @returns false if the entry has left the log
 */
export function unbook(log: WindowLog, at: Micros, units: number, slotUs: Micros): boolean {
  const slot = Math.floor(at / slotUs)
  for (let i = log.length - 2; i >= 0; i -= 2) {
    const other = Math.floor(log[i]! / slotUs)
    if (other < slot) return false
    if (other > slot) continue
    log[i + 1] = Math.max(0, log[i + 1]! - units)
    return true
  }
  return false
}

/** Drops the entries that left their window `retainUs` ago. */
export function dropOld(log: WindowLog, now: Micros, leaveUs: Micros): void {
  let gone = 0
  while (gone < log.length && log[gone]! + leaveUs <= now) gone += 2
  if (gone > 0) log.splice(0, gone)
}

/** Units that count at `now`. */
export function usedAt(log: WindowLog, now: Micros, dimension: Dimension): number {
  let used = 0
  for (let i = log.length - 2; i >= 0 && log[i]! + horizonUs(dimension) > now; i -= 2) used += log[i + 1]!
  return used
}

/**
 * The earliest instant from `now` on at which `units` more fit into `room`.
 * A cost above the room waits until nothing else counts: a limit that was learned must not stop a call for good.
 */
export function earliestIn(log: WindowLog, now: Micros, units: number, room: number, dimension: Dimension): Micros {
  const most = Math.max(units, room)
  let used = usedAt(log, now, dimension)
  let t = now
  for (let i = 0; used + units > most; i += 2) {
    const leaves = log[i]! + horizonUs(dimension)
    if (leaves <= now) continue
    used -= log[i + 1]!
    t = leaves
  }
  return t
}
