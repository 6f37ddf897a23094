/** Process warnings about outages that no observer sees: one when an outage begins, and one when it has ended. */
import type { Clock } from '../clock.ts'
import { SLUICE_OUTAGE, SLUICE_OUTAGE_ENDED } from '../errors.ts'
import { reasonOf } from '../redact.ts'
import { warn } from '../warn.ts'

/** Prints what becomes of one store. */
export interface OutageWarnings {
  /** @param isSeen - whether an observer saw the event */
  began(cause: unknown, isSeen: boolean): void
  ended(cause: unknown, isSeen: boolean): void
  /** Prints an end that is still held back. */
  close(): void
}

/**
 * Milliseconds for which the store has to decide until the end of an outage is printed. A store that fails every second call begins an
 * outage again and again: it gets one pair of warnings. The time grows by each outage that begins soon after a printed end.
 */
const firstQuietMs = 500
const longestQuietMs = 32_000
/** An outage that begins within this time after a printed end belongs to the same trouble. */
const soonMs = 20_000

interface Host {
  setTimeout(run: () => void, ms: number): { unref?(): void }
  clearTimeout(timer: unknown): void
}
const host = globalThis as unknown as Host

/** @param hintFor - what to do about a cause, as one sentence; empty if nothing is known */
export function outageWarnings(clock: Clock, hintFor: (reason: string) => string): OutageWarnings {
  let printed: { readonly sinceMs: number } | undefined
  let pending: { readonly timer: unknown; print(): void } | undefined
  let quietMs = firstQuietMs
  let endedMs = -Infinity

  function cancelEnd(): boolean {
    if (pending === undefined) return false
    host.clearTimeout(pending.timer)
    pending = undefined
    return true
  }

  return {
    began(cause, isSeen) {
      if (cancelEnd() || isSeen) return
      const nowMs = clock.nowMs()
      quietMs = nowMs - endedMs < soonMs ? Math.min(4 * quietMs, longestQuietMs) : firstQuietMs
      printed = { sinceMs: nowMs }
      const reason = reasonOf(cause)
      warn(SLUICE_OUTAGE, { reason, fix: hintFor(reason) })
    },
    ended(cause, isSeen) {
      if (printed === undefined) return
      const { sinceMs } = printed
      const nowMs = clock.nowMs()
      const print = (): void => {
        pending = undefined
        printed = undefined
        endedMs = clock.nowMs()
        if (!isSeen) warn(SLUICE_OUTAGE_ENDED, { reason: reasonOf(cause), seconds: Math.ceil((nowMs - sinceMs) / 1000) })
      }
      const timer = host.setTimeout(print, quietMs)
      timer.unref?.()
      pending = { timer, print }
    },
    close() {
      const held = pending
      if (cancelEnd()) held!.print()
    },
  }
}
