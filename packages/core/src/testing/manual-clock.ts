/** Time that moves only when a test says so. */
import { type Clock, clockAt, type Micros } from '../clock.ts'
import { type Duration, parseDuration } from '../options.ts'

/** A clock for tests. */
export interface ManualClock extends Clock {
  /** Moves time on; a bare number is milliseconds. */
  advance(by: Duration): void
  /** Puts time anywhere, earlier moments and fractions of a millisecond included. */
  setMs(ms: number): void
  /** Puts time at a whole microsecond since the epoch, which stores see exactly. */
  setUs(us: Micros): void
}

/** A clock that stands at `startMs` (milliseconds since the epoch) until it is moved. @default the start of 2026 */
export function manualClock(startMs: number = Date.UTC(2026, 0, 1)): ManualClock {
  let nowMs = startMs
  return {
    nowMs: () => nowMs,
    advance(by) {
      nowMs += typeof by === 'number' ? by : parseDuration(by, 'by', true)
    },
    setMs(ms) {
      nowMs = ms
    },
    setUs(us) {
      nowMs = clockAt(us).nowMs()
    },
  }
}
