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
  /** Absent once it was met or missed. */
  missed: (() => void) | undefined
}

/** Deadlines of `timeoutMs`. The timer keeps a process alive only while somebody waits. */
export function deadlines(timeoutMs: number, clock: Clock): Deadlines {
  let waiting: Entry[] = []
  let open = 0
  let timer: Timer | undefined

  function arm(ms: number): void {
    // A process that was busy finds its timers due before it reads what has arrived: answers get one more turn to be read.
    timer = host.setTimeout(() => host.setTimeout(expire, 0), Math.max(0, ms))
    if (open === 0) timer.unref?.()
  }

  function close(entry: Entry): (() => void) | undefined {
    const { missed } = entry
    entry.missed = undefined
    if (missed !== undefined && --open === 0) timer?.unref?.()
    return missed
  }

  function expire(): void {
    const nowMs = clock.nowMs()
    const passed = waiting.filter(({ atMs }) => atMs <= nowMs)
    waiting = waiting.filter(({ atMs, missed }) => atMs > nowMs && missed !== undefined)
    if (waiting.length > 0) arm(waiting[0]!.atMs - nowMs)
    for (const entry of passed) close(entry)?.()
  }

  return {
    start(missed) {
      const entry: Entry = {
        atMs: clock.nowMs() + timeoutMs,
        missed,
        meet: () => close(entry) !== undefined,
      }
      open += 1
      waiting.push(entry)
      if (waiting.length === 1) arm(timeoutMs)
      else if (open === 1) timer?.ref?.()
      return entry
    },
  }
}
