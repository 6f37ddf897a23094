/** What a process knows of the clock of its shared mirror; so it notices a clock that has stepped forward before it sends anything by it. */
import type { Micros } from '@sluice/core'
import type { Known } from './mirror.ts'

export interface SharedClock {
  /** What the next question says of the clock; `undefined` before the first answer. */
  known(nowMs: number): Known | undefined
  /** The time of the mirror at least, as far as this process knows it; `undefined` before the first answer. */
  nowUs(nowMs: number): Micros | undefined
  /**
   * Takes an answer down. Times are those of the process, in milliseconds.
   * @param known - what the question said
   * @returns false if the clock has stepped forward: what the answer has booked must not be sent
   */
  accepts(now: Micros, sentMs: number, heardMs: number, known: Known | undefined): boolean
}

/** Two clocks may run apart by so much of the time, in both directions together. */
const drift = 0.001
/** Clocks are read in whole microseconds, and not at the same moment. */
const smallestStepUs: Micros = 1000

/**
 * The mirror reads its clock between the question and the answer. So an answer bounds how far the clock of the mirror is ahead of that of
 * the process. An answer above the bound of earlier ones says that the clock has stepped. With answers within 1 ms, a step of 3 ms is seen.
 */
export function sharedClock(): SharedClock {
  let latest: { readonly now: Micros; readonly heardMs: number } | undefined
  /** The clock of the mirror minus that of the process, at most, when this was last looked at. */
  let aheadUs: Micros = Number.POSITIVE_INFINITY
  let lookedMs = 0
  let stepped = false

  function mostUs(nowMs: number): Micros {
    return aheadUs + (nowMs - lookedMs) * drift * 1000 + nowMs * 1000
  }

  return {
    known(nowMs) {
      if (latest === undefined) return undefined
      const leastUs = Math.max(0, Math.floor((nowMs - latest.heardMs) * 1000))
      return { now: latest.now, leastUs, mostUs: Math.max(leastUs, Math.ceil(mostUs(nowMs) - latest.now)), stepped }
    },
    nowUs: (nowMs) => latest && latest.now + Math.floor((nowMs - latest.heardMs) * 1000),
    accepts(now, sentMs, heardMs, known) {
      const isAhead = now > mostUs(heardMs) + smallestStepUs
      stepped = isAhead && known?.stepped !== true
      // The mirror stands still while it is ahead. Its time then says nothing of the time that has passed.
      if (isAhead) return !stepped
      latest = { now, heardMs }
      aheadUs = Math.min(mostUs(heardMs) - heardMs * 1000, now - sentMs * 1000)
      lookedMs = heardMs
      return true
    },
  }
}
