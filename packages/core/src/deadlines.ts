/** Deadlines that all lie equally far ahead: one timer serves any number of them. */
import type { Clock } from './clock.ts'

/** The time that one answer has. */
export interface Deadline {
  /** Whether the time is not over yet; after that nobody is told that it is. */
  meet(): boolean
}

/** Deadlines of one length. */
export interface Deadlines {
  /** @param missed - called when the time is over and nobody has met it */
  start(missed: () => void): Deadline
}

interface Host {
  setTimeout(run: () => void, ms: number): unknown
}
const host = globalThis as unknown as Host

interface Entry extends Deadline {
  readonly atMs: number
  /** Absent once it was met or missed. */
  missed: (() => void) | undefined
}

/** Deadlines of `timeoutMs`. There is no timer while nobody waits. */
export function deadlines(timeoutMs: number, clock: Clock): Deadlines {
  let waiting: Entry[] = []

  function arm(ms: number): void {
    // A process that was busy finds its timers due before it reads what has arrived: answers get one more turn to be read.
    host.setTimeout(() => host.setTimeout(expire, 0), Math.max(0, ms))
  }

  function expire(): void {
    const nowMs = clock.nowMs()
    const passed = waiting.filter(({ atMs }) => atMs <= nowMs)
    waiting = waiting.filter(({ atMs, missed }) => atMs > nowMs && missed !== undefined)
    if (waiting.length > 0) arm(waiting[0]!.atMs - nowMs)
    for (const entry of passed) {
      const { missed } = entry
      entry.missed = undefined
      missed?.()
    }
  }

  return {
    start(missed) {
      const entry: Entry = {
        atMs: clock.nowMs() + timeoutMs,
        missed,
        meet() {
          const inTime = entry.missed !== undefined
          entry.missed = undefined
          return inTime
        },
      }
      waiting.push(entry)
      if (waiting.length === 1) arm(timeoutMs)
      return entry
    },
  }
}
