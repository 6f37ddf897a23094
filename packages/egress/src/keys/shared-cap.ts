/** A cap on what one caller may use of the shared keys. What a call reserves is booked before it enters a queue. */
import type { Micros } from '@sluice/core'
import { dimension } from '../mirror/dimension.ts'
import { unbook } from '../mirror/window-log.ts'
import { createCallers, wholeShare } from '../queue/callers.ts'

export interface SharedCap {
  /**
   * Books a call.
   * @param share - of a window of all shared keys, from 0
   * @returns what takes the booking back, or the milliseconds until the call fits
   */
  take(caller: string | undefined, share: number): (() => void) | number
}

/**
 * @param cap - most of a window that one caller uses, from more than 0 to 1
 * @param windowMs - length of the window
 * @param most - most callers that are told apart at a time. Others are not capped: they share what their queue leaves them
 */
export function createSharedCap(cap: number, windowMs: number, most: number, nowMs: () => number): SharedCap {
  if (cap >= 1) return { take: () => () => {} }
  const window = dimension({ capacity: wholeShare, windowUs: windowMs * 1000, transitUs: 0 })
  const callers = createCallers(window, most)
  const bound = Math.floor(cap * wholeShare)
  return {
    take(name, share) {
      const now: Micros = Math.floor(nowMs() * 1000)
      const caller = name === undefined ? undefined : callers.of(name, now)
      if (caller === undefined) return () => {}
      const units = Math.min(wholeShare, Math.ceil(share * wholeShare))
      const freeAt = callers.freeAt(caller, now, units, bound)
      if (freeAt > now) return Math.ceil((freeAt - now) / 1000)
      callers.spend(caller, now, units)
      return () => void unbook(caller.used, now, units, window.slotUs)
    },
  }
}
