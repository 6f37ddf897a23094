/** A breaker: while a store does not answer, it lets one call in a while through to see whether it does again. */
import type { Clock } from '../clock.ts'
import { recentCalls } from './recent-calls.ts'

/** What a call is for: `call` for its own sake, `probe` to see whether the store answers again. */
export type Permit = 'call' | 'probe'

/** The breaker of one store. Every permit that it gives is reported back, once. */
export interface Breaker {
  /** How a call may go to the store; `undefined` where it may not. */
  pass(): Permit | undefined
  succeeded(permit: Permit): void
  failed(permit: Permit, cause: unknown): void
  /** Begins an outage at once: it is known without any call that the store cannot decide. */
  open(cause: unknown): void
  /** The call never reached the store, for a reason of its own. */
  released(permit: Permit): void
  /** What the store last failed with; `undefined` while it answers. */
  cause(): unknown
}

/** What the breaker says when its state changes, with what the store last failed with. */
export interface BreakerEvents {
  began(cause: unknown): void
  ended(cause: unknown): void
}

/** Failures in a row that begin an outage. One slow answer is none yet. */
const failuresToOpen = 3
/** Milliseconds until the first probe, doubled after each that fails, up to the longest. */
const firstProbeMs = 100
const longestProbeMs = 1000

/** An interval whose second half is drawn, so that many processes do not all come back at once. @param random - from 0 to 1 */
export function halfDrawn(intervalMs: number, random: number = Math.random()): number {
  return intervalMs * (0.5 + random / 2)
}

/**
 * A breaker that is closed. It opens at the third failure in a row. It also opens if half of the latest 20 calls failed within ten
 * seconds. A store that takes no writes still answers refusals, so failures need not come in a row.
 *
 * Probes come after a time that is drawn from a half to the whole of the interval, so that many processes do not all ask at once.
 * @param random - from 0 to 1
 */
export function breaker(clock: Clock, events: BreakerEvents, random: () => number = Math.random): Breaker {
  let failures = 0
  const recent = recentCalls(clock)
  let away: { cause: unknown; intervalMs: number; probeAtMs: number; probing: boolean; isKnown: boolean } | undefined

  const nextProbe = (intervalMs: number): number => clock.nowMs() + halfDrawn(intervalMs, random())

  /** @param isKnown - whether it is known that the store cannot decide, and not only seen that calls fail */
  function open(cause: unknown, isKnown: boolean): void {
    if (away !== undefined) {
      away.cause = cause
      away.isKnown ||= isKnown
      return
    }
    recent.clear()
    away = { cause, intervalMs: firstProbeMs, probeAtMs: nextProbe(firstProbeMs), probing: false, isKnown }
    failures = 0
    events.began(cause)
  }

  return {
    open: (cause) => open(cause, true),
    pass() {
      if (away === undefined) return 'call'
      if (away.probing || clock.nowMs() < away.probeAtMs) return undefined
      away.probing = true
      return 'probe'
    },
    succeeded(permit) {
      failures = 0
      if (away === undefined) return recent.count(false)
      // A call that was in flight by then may need less than the others.
      if (permit === 'call' && away.isKnown) return
      const { cause } = away
      away = undefined
      events.ended(cause)
    },
    failed(permit, cause) {
      if (away !== undefined) {
        // Calls that were in flight when the breaker opened say nothing new.
        if (permit === 'call') return
        away.cause = cause
        away.intervalMs = Math.min(2 * away.intervalMs, longestProbeMs)
        away.probeAtMs = nextProbe(away.intervalMs)
        away.probing = false
        return
      }
      failures += 1
      recent.count(true)
      if (failures >= failuresToOpen || recent.halfFailed()) open(cause, false)
    },
    released(permit) {
      if (permit === 'probe' && away !== undefined) away.probing = false
    },
    cause: () => away?.cause,
  }
}
