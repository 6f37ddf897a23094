/** The one place that reads the system's time. */
import { SLUICE_CLOCK, SLUICE_OPTION_TYPE } from './errors.ts'
import { SluiceError, withText } from './sluice-error.ts'

/** Where a store takes its time from. Milliseconds, fractions allowed; the store rounds down to whole microseconds. */
export interface Clock {
  nowMs(): number
}

/** Microseconds since the epoch, whole. */
export type Micros = number

/** The time of a clock, in whole microseconds. @throws SluiceError `SLUICE_CLOCK` where it answers no finite number */
export function microsOf(clock: Clock): Micros {
  const us = Math.floor(clock.nowMs() * 1000)
  if (!Number.isSafeInteger(us)) throw new SluiceError(SLUICE_CLOCK, { value: clock.nowMs() })
  return us
}

/** A clock that stands at a whole microsecond, which stores see exactly. */
export function clockAt(us: Micros): Clock {
  // A fraction of a millisecond is a hair off in binary, and rounding down would miss it. In the middle of the microsecond it cannot.
  const nowMs = us % 1000 === 0 ? us / 1000 : (us + 0.5) / 1000
  return { nowMs: () => nowMs }
}

/**
 * The clock of an option, and the system's where it is left out. It is asked once, so that a clock without a time fails at start-up.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_CLOCK`
 */
export function clockOf(value: unknown): Clock {
  if (value === undefined) return systemClock()
  if (typeof (value as Partial<Clock> | null)?.nowMs !== 'function')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'clock', wanted: 'a clock: { nowMs: () => number }', value })
  withText('full', () => microsOf(value as Clock))
  return value as Clock
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
