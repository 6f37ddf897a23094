/** The one place that reads the system's time. */

/** Where a store takes its time from. Milliseconds, fractions allowed; the store rounds down to whole microseconds. */
export interface Clock {
  nowMs(): number
}

/** Microseconds since the epoch, whole. */
export type Micros = number

/** The time of a clock, in whole microseconds. */
export function microsOf(clock: Clock): Micros {
  return Math.floor(clock.nowMs() * 1000)
}

interface Host {
  readonly performance: { now(): number }
}

/**
 * The wall clock at first use, advanced by the monotonic clock. Periods keep their calendar, and a step of the system's clock neither
 * credits nor blocks any key. Read lazily, because some runtimes have no time before the first request.
 */
export function systemClock(): Clock {
  const { performance } = globalThis as unknown as Host
  let anchorMs: number | undefined
  // A separate function, so that `nowMs` stays small enough for the engine to inline.
  const wallMs = (): number => Date.now() - performance.now()
  return {
    nowMs() {
      if (anchorMs === undefined) anchorMs = wallMs()
      return anchorMs + performance.now()
    },
  }
}
