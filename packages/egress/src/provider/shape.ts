/** When calls are spread: a saturated quota is sent steadily, so that callers do not see six seconds of service and fifty-four of refusals. */
import type { Clock } from '@sluice/core'
import type { Pace } from '../mirror/mirror.ts'
import type { ProviderPlan } from './options.ts'

export interface Shape {
  pace(): Pace
  /** A call was refused for want of quota. */
  refused(): void
  /** The provider refused what its windows had room for. @returns whether calls keep a distance from now on */
  impossible(): boolean
}

export function createShape({ shape, enforcement, dimensions }: ProviderPlan, clock: Clock): Shape {
  const windowMs = Math.max(...dimensions.map(({ windowUs }) => windowUs)) / 1000
  let paced = enforcement === 'paced'
  let sinceMs = Number.NEGATIVE_INFINITY
  let lastMs = Number.NEGATIVE_INFINITY

  /**
   * Refusals for half a window, and the latest not longer ago than a window. At ten times the load a window is full after a tenth
   * of it. Waiting for a whole window of refusals would let the next one go in a burst too.
   */
  function isSaturated(): boolean {
    return lastMs - sinceMs >= windowMs / 2 && clock.nowMs() - lastMs <= windowMs
  }

  return {
    pace() {
      if (paced) return 'paced'
      return shape === 'steady' || (shape === 'auto' && isSaturated()) ? 'steady' : 'soonest'
    },
    refused() {
      const nowMs = clock.nowMs()
      if (nowMs - lastMs > windowMs) sinceMs = nowMs
      lastMs = nowMs
    },
    impossible() {
      if (enforcement !== 'auto' || paced) return false
      paced = true
      return true
    },
  }
}
