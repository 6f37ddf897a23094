/** A sample for adaptive capacity: one call that was admitted and has ended. */

/** One call. */
export interface CapacitySample {
  /** How long it took, in milliseconds. */
  readonly latencyMs: number
  /** Calls in flight, this one included: at its admission or at its end, whichever is more. From 1. */
  readonly inFlight: number
  /**
   * - `answered`: the client got its answer.
   * - `aborted`: the client left before the answer, so the call would have taken longer than `latencyMs`.
   * - `overloaded`: the call failed for lack of capacity, or the event loop was late. It counts as slow, whatever its latency.
   */
  readonly outcome: 'answered' | 'aborted' | 'overloaded'
  /** When it ended, in milliseconds of a monotonic clock. */
  readonly atMs: number
}

/** The lowest and the highest capacity, in slots. */
export interface CapacityBounds {
  readonly min: number
  readonly max: number
}

/** The capacity, raised to `min` or lowered to `max` where it lies outside. */
export function clamp({ min, max }: CapacityBounds, capacity: number): number {
  return Math.min(max, Math.max(min, capacity))
}

/** Whether half of the capacity or more was in use. Otherwise the call cannot tell whether a larger capacity would be slower. */
export function isUsed({ inFlight }: CapacitySample, capacity: number): boolean {
  return inFlight * 2 >= capacity
}
