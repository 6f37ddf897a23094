/** Whether half of the latest calls failed, where these are close together. */
import type { Clock } from '../clock.ts'

/** The latest calls to one store. */
export interface RecentCalls {
  count(failed: boolean): void
  /** Whether at least half of the latest 20 calls failed, and all of these came within ten seconds. */
  halfFailed(): boolean
  clear(): void
}

/** Calls until their failures say anything. */
const fewest = 20
const withinMs = 10_000

export function recentCalls(clock: Clock): RecentCalls {
  // A ring: the next call takes the place of the oldest.
  const times = new Float64Array(fewest).fill(-Infinity)
  const failures = new Uint8Array(fewest)
  let next = 0
  let failed = 0

  return {
    count(hasFailed) {
      failed += (hasFailed ? 1 : 0) - failures[next]!
      failures[next] = hasFailed ? 1 : 0
      times[next] = clock.nowMs()
      next = (next + 1) % fewest
    },
    halfFailed: () => 2 * failed >= fewest && clock.nowMs() - times[next]! <= withinMs,
    clear() {
      times.fill(-Infinity)
      failures.fill(0)
      failed = 0
    },
  }
}
