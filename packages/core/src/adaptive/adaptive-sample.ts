/** What an algorithm learns a capacity from: one call that was admitted and has ended. */

/** One call. */
export interface CapacitySample {
  /** How long it took, in milliseconds. */
  readonly latencyMs: number
  /** Calls under way when it was admitted, or when it ended if that is more, itself included. */
  readonly inFlight: number
  /**
   * `answered`; `aborted` where its client went before the answer, so that it would have taken longer; `overloaded` where something else
   * than its latency says that there is too much: it failed for want of capacity, or the event loop was late.
   */
  readonly outcome: 'answered' | 'aborted' | 'overloaded'
  /** When it ended, in milliseconds of a monotonic clock. */
  readonly atMs: number
}

/** Between which numbers a capacity stays. */
export interface CapacityBounds {
  readonly min: number
  readonly max: number
}

/** The capacity itself within its bounds. */
export function within({ min, max }: CapacityBounds, capacity: number): number {
  return Math.min(max, Math.max(min, capacity))
}

/** Whether a call says anything about growing: a capacity that nobody uses would grow on calls that never felt it. */
export function isUsed({ inFlight }: CapacitySample, capacity: number): boolean {
  return inFlight * 2 >= capacity
}
