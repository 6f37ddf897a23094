/** Deadlines that all lie equally far ahead: one timer serves any number of them. */
import type { Clock } from '../clock.ts'

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

interface Timer {
  ref?(): void
  unref?(): void
}
interface Host {
  /** Numbers in browsers and workers, which have no processes to keep alive. */
  setTimeout(run: () => void, ms: number): Timer
}
const host = globalThis as unknown as Host

interface Entry extends Deadline {
  readonly atMs: number
  readonly missed: () => void
}

/** Deadlines of `timeoutMs`. The timer keeps a process alive only while somebody waits. */
export function deadlines(timeoutMs: number, clock: Clock): Deadlines {
  // In the order in which they were started, which is that in which they pass.
  const waiting = new Set<Entry>()
  let timer: Timer | undefined

  function arm(ms: number): void {
    // A process that was busy finds its timers due before it reads what has arrived: answers get one more turn to be read.
    timer = host.setTimeout(() => host.setTimeout(expire, 0), Math.max(0, ms))
  }

  function expire(): void {
    timer = undefined
    const nowMs = clock.nowMs()
    const passed: Entry[] = []
    for (const entry of waiting) {
      if (entry.atMs > nowMs) {
        arm(entry.atMs - nowMs)
        break
      }
      passed.push(entry)
    }
    for (const entry of passed) waiting.delete(entry)
    for (const entry of passed) entry.missed()
  }

  return {
    start(missed) {
      const entry: Entry = { atMs: clock.nowMs() + timeoutMs, missed, meet: () => meet(entry) }
      waiting.add(entry)
      if (timer === undefined) arm(timeoutMs)
      else if (waiting.size === 1) timer.ref?.()
      return entry
    },
  }

  function meet(entry: Entry): boolean {
    const inTime = waiting.delete(entry)
    if (waiting.size === 0) timer?.unref?.()
    return inTime
  }
}
