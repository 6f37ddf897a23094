/** Warns if the way to the mirror and back takes longer than `transit` allows for it. */
import { performance } from 'node:perf_hooks'
import { warnOnce } from '@sluice/core/internal'
import { SLUICE_EGRESS_TRANSIT } from '../errors.ts'

export interface TransitWatch {
  /** A question is sent. @returns what `answered` needs */
  sent(): number
  answered(sent: number): void
}

/** Part of the transit that may pass between a question and the sending; the rest is for the way to the provider. */
export const ownShare = 0.5
/** Answers in a row that are slow. One may be an accident of the network. */
const fewest = 3

/**
 * Measures the time in which this process had nothing else to do than to wait for the answer. What it was busy is its own delay, which
 * says nothing of the way.
 * @param idleMs - time that the event loop was idle since its start
 */
export function transitWatch(provider: string, transitMs: number, idleMs: () => number = loopIdleMs): TransitWatch {
  let slow = 0
  return {
    sent: idleMs,
    answered(sent) {
      const measuredMs = idleMs() - sent
      slow = measuredMs > transitMs * ownShare ? slow + 1 : 0
      if (slow === fewest) warnOnce(SLUICE_EGRESS_TRANSIT, { provider, measuredMs: Math.ceil(measuredMs), transitMs })
    },
  }
}

function loopIdleMs(): number {
  return performance.eventLoopUtilization().idle
}
