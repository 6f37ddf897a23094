/** How late the event loop is: how much later than it was due something that became ready was taken up. */

/** The part of a histogram of `node:perf_hooks` that is used. */
interface Histogram {
  /** Nanoseconds; NaN while there is nothing to take the mean of. */
  readonly mean: number
  enable(): void
  reset(): void
}

interface Host {
  readonly process?: {
    getBuiltinModule?(name: string): { monitorEventLoopDelay?(options: { resolution: number }): Histogram } | undefined
  }
}

/** Milliseconds between the looks of the runtime: what it writes down is the time from one to the next. */
const resolution = 10

/**
 * Reads the mean delay since the last reading, in milliseconds: a little below 0 on a quiet server, NaN where nothing was seen. The
 * runtime begins to watch when this is called, with a timer of its own that keeps no process alive.
 * @returns `null` where the runtime cannot tell
 */
export function eventLoopDelay(): (() => number) | null {
  const watch = (globalThis as Host).process?.getBuiltinModule?.('node:perf_hooks')?.monitorEventLoopDelay
  if (watch === undefined) return null
  try {
    const histogram = watch({ resolution })
    histogram.enable()
    return () => {
      const delayMs = histogram.mean / 1e6 - resolution
      // The first look after a reset writes nothing down, so that a loop that is slower than the readings would never be seen.
      if (!Number.isNaN(delayMs)) histogram.reset()
      return delayMs
    }
  } catch {
    // Some runtimes have the function and throw that they have not written it yet.
    return null
  }
}

/** Milliseconds between readings: each takes in several looks of the runtime, and costs more than the request that asks. */
const readEveryMs = 100

/**
 * Whether a call that ends now is to be taken for a sign that the event loop is later than a bound. Nothing is watched before this is
 * first asked.
 *
 * One late reading is a sign for one round of calls, as many as are admitted at once. A single pause of the garbage collector must not
 * count for every call of the next tenth of a second.
 * @param reader - makes what reads the mean delay since its last reading; `null` where that cannot be known, and nothing is ever late
 */
export function lateness(boundMs: number, reader: () => (() => number) | null): (nowMs: number, round: number) => boolean {
  let read: (() => number) | null | undefined
  let readAtMs = Number.NEGATIVE_INFINITY
  let signs = 0
  return (nowMs, round) => {
    if (read === undefined) read = reader()
    if (read !== null && Math.abs(nowMs - readAtMs) >= readEveryMs) {
      readAtMs = nowMs
      signs = read() > boundMs ? round : 0
    }
    return signs-- > 0
  }
}
