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
  /** Ends those whose time is over by the clock, without waiting for the timer. */
  endPassed(): void
}

/** What the timer of deadlines does to the process. */
export interface TimerOptions {
  /** `true`: the timer never keeps the process alive, and is cleared as soon as no deadline is open. @default false */
  readonly background?: boolean | undefined
}

interface Timer {
  ref?(): void
  unref?(): void
}
interface Host {
  /** Numbers in browsers and workers, which have no processes to keep alive. */
  setTimeout(run: () => void, ms: number): Timer
  clearTimeout(timer: Timer): void
}
const host = globalThis as unknown as Host

interface Entry extends Deadline {
  readonly atMs: number
  readonly missed: () => void
}

/** Deadlines of `timeoutMs`. The timer keeps a process alive only while somebody waits, and in the background never. */
export function deadlines(timeoutMs: number, clock: Clock, { background = false }: TimerOptions = {}): Deadlines {
  // In the order in which they were started, which is that in which they pass.
  const waiting = new Set<Entry>()
  let timer: Timer | undefined

  function arm(ms: number): void {
    // A process that was busy finds its timers due before it reads what has arrived: answers get one more turn to be read.
    wait(() => wait(expire, 0), Math.max(0, ms))
  }

  function wait(run: () => void, ms: number): void {
    timer = host.setTimeout(run, ms)
    if (background) timer.unref?.()
  }

  function expire(): void {
    timer = undefined
    endPassed()
    const next = waiting.values().next()
    if (!next.done && timer === undefined) arm(next.value.atMs - clock.nowMs())
  }

  function endPassed(): void {
    const nowMs = clock.nowMs()
    const passed: Entry[] = []
    for (const entry of waiting) {
      if (entry.atMs > nowMs) break
      passed.push(entry)
    }
    for (const entry of passed) waiting.delete(entry)
    if (waiting.size === 0 && timer !== undefined) rest(timer)
    for (const entry of passed) entry.missed()
  }

  return {
    start(missed) {
      const entry: Entry = { atMs: clock.nowMs() + timeoutMs, missed, meet: () => meet(entry) }
      waiting.add(entry)
      if (timer === undefined) arm(timeoutMs)
      else if (waiting.size === 1 && !background) timer.ref?.()
      return entry
    },
    endPassed,
  }

  function meet(entry: Entry): boolean {
    const inTime = waiting.delete(entry)
    if (waiting.size === 0 && timer !== undefined) rest(timer)
    return inTime
  }

  /** A store is asked again and again, so that its timer is kept; functions are, as a rule, not waited for. */
  function rest(idle: Timer): void {
    if (!background) {
      idle.unref?.()
      return
    }
    host.clearTimeout(idle)
    timer = undefined
  }
}
