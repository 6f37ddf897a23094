/** Time that passes only when nothing else is left to do: it replaces the timers and the clocks of the process. */
import { Timers } from './timers.ts'

/** Time of a race, in milliseconds from its start. */
export interface VirtualTime {
  nowMs(): number
  /** Runs something at a time, to the fraction of a millisecond. */
  at(atMs: number, run: () => void): void
  sleep(ms: number): Promise<void>
  /** Time stands still until a real server has answered. */
  during<T>(real: Promise<T>): Promise<T>
  /** Lets time pass until `isOver` says so. @throws Error if nothing is left to happen before that */
  run(isOver: () => boolean): Promise<void>
  /** Puts the real timers and clocks back. */
  restore(): void
}

/** Where `Date.now()` starts: 1 January 2026. */
export const epochMs = 1_767_225_600_000

/**
 * Replaces `setTimeout`, `setInterval`, `setImmediate`, `Date` and `performance.now` of this process.
 * @example
 * const time = replaceTime()
 * setTimeout(() => console.log(time.nowMs()), 60_000) // prints 60000 at once
 * await time.run(() => time.nowMs() >= 60_000)
 */
export function replaceTime(): VirtualTime {
  const timers = new Timers()
  const real = realTime()
  const { now } = performance
  let pending = 0
  let answered = (): void => {}

  const turn = (): Promise<void> => new Promise((resolve) => void real.setImmediate(resolve))

  replaceGlobals(timers)
  return {
    nowMs: () => timers.nowMs,
    at: (atMs, run) => void timers.add(atMs, run),
    sleep: (ms) => new Promise((resolve) => void timers.add(timers.nowMs + ms, resolve)),
    async during(promise) {
      pending += 1
      try {
        return await promise
      } finally {
        pending -= 1
        answered()
      }
    },
    async run(isOver) {
      for (;;) {
        // Everything that follows from the last event happens before the next one.
        await turn()
        while (pending > 0) {
          await new Promise<void>((resolve) => {
            answered = resolve
          })
          await turn()
        }
        if (isOver()) return
        if (!timers.runNext()) throw new Error('nothing is left to happen, and the race is not over')
      }
    },
    restore() {
      Object.assign(globalThis, real)
      performance.now = now
    },
  }
}

function realTime() {
  const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate } = globalThis
  return { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate, Date: globalThis.Date }
}

/** A timer as Node has it: a delay of less than a millisecond is one millisecond, and fractions are cut off. */
function nodeDelay(ms: unknown): number {
  const whole = Math.trunc(Number(ms))
  return whole >= 1 && whole <= 2 ** 31 - 1 ? whole : 1
}

function replaceGlobals(timers: Timers): void {
  type Callback = (...args: unknown[]) => void
  const once = (run: Callback, ms?: unknown, ...args: unknown[]) => timers.add(timers.nowMs + nodeDelay(ms), () => run(...args))
  const again = (run: Callback, ms?: unknown, ...args: unknown[]) =>
    timers.add(timers.nowMs + nodeDelay(ms), () => run(...args), nodeDelay(ms))
  const soon = (run: Callback, ...args: unknown[]) => timers.add(timers.nowMs, () => run(...args))
  const clear = (timer: unknown): void => timers.remove(timer)
  class VirtualDate extends Date {
    constructor(...args: unknown[]) {
      super(...((args.length === 0 ? [VirtualDate.now()] : args) as [number]))
    }
    static override now(): number {
      return Math.floor(epochMs + timers.nowMs)
    }
  }
  performance.now = () => timers.nowMs
  Object.assign(globalThis, {
    setTimeout: once,
    clearTimeout: clear,
    setInterval: again,
    clearInterval: clear,
    setImmediate: soon,
    clearImmediate: clear,
    Date: VirtualDate,
  })
}
