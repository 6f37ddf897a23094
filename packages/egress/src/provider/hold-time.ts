/** How long calls hold their slots, for the wait of a call behind them. */

export interface HoldTime {
  begin(nowMs: number): void
  end(begunMs: number, nowMs: number): void
  /** The wait of the call with so many calls before it, in milliseconds. 0 if a slot is free for it. */
  waitMs(before: number, freeSlots: number, slots: number, nowMs: number): number
}

/** Weight of the latest call in the mean. */
const weight = 1 / 8

/**
 * The mean time of calls that have ended, or that of the calls in flight if they already take longer. With 4 slots and calls of 2 s, a slot
 * becomes free each 0.5 s: the third call in the queue waits 1.5 s.
 */
export function holdTime(): HoldTime {
  let meanMs: number | undefined
  let held = 0
  let sumOfBeginsMs = 0
  return {
    begin(nowMs) {
      held += 1
      sumOfBeginsMs += nowMs
    },
    end(begunMs, nowMs) {
      held -= 1
      sumOfBeginsMs -= begunMs
      const tookMs = nowMs - begunMs
      meanMs = meanMs === undefined ? tookMs : meanMs + weight * (tookMs - meanMs)
    },
    waitMs(before, freeSlots, slots, nowMs) {
      const turns = before + 1 - freeSlots
      if (turns <= 0) return 0
      const elapsedMs = held === 0 ? 0 : nowMs - sumOfBeginsMs / held
      return (turns * Math.max(meanMs ?? 0, elapsedMs)) / slots
    },
  }
}
