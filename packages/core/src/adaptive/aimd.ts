/**
 * Additive increase, multiplicative decrease (Chiu and Jain, 1989): the capacity grows by one a round while it is used and calls are
 * quick, and shrinks by a part of itself when they are not. A round is as many calls as the capacity admits at once.
 *
 * Each call makes its part of the round's step, so that a slow one among many quick ones is worth as much as it is, and the capacity
 * settles where about `1 / (1 + capacity * (1 - backoff))` of the calls are slow: with a backoff of a half, one in eight at 14.
 */
import { type CapacityBounds, type CapacitySample, isUsed, within } from './adaptive-sample.ts'

/** The numbers of {@link nextAimd}. */
export interface AimdNumbers extends CapacityBounds {
  /** A call that takes longer is slow, in milliseconds. */
  readonly latencyMs: number
  /** What a round of slow calls leaves of the capacity, above 0 and below 1. */
  readonly backoff: number
}

/** The capacity, fractions of a slot included. */
export interface AimdState {
  readonly capacity: number
}

/** The capacity after a call. */
export function nextAimd(state: AimdState, sample: CapacitySample, numbers: AimdNumbers): AimdState {
  const { capacity } = state
  const { latencyMs, inFlight, outcome } = sample
  if (outcome === 'overloaded' || latencyMs > numbers.latencyMs) {
    // One that was nearly alone says little about a capacity that it did not use: at night a few slow calls must not wear it down.
    const use = Math.min(1, inFlight / capacity)
    return { capacity: within(numbers, capacity - (1 - numbers.backoff) * use) }
  }
  // The client may have gone for reasons of its own, and long before the answer.
  if (outcome === 'aborted' || !isUsed(sample, capacity)) return state
  return { capacity: within(numbers, capacity + 1 / capacity) }
}
