/**
 * Additive increase, multiplicative decrease (Chiu and Jain, 1989). The capacity grows by one slot a round while calls are quick and at
 * least half of it is used. A round of slow calls multiplies it by `backoff`. A round is as many calls as the capacity admits at once.
 *
 * Each call makes its part of the round's step, so one slow call among many quick ones changes little. The capacity settles where about
 * `1 / (1 + capacity * (1 - backoff))` of the calls are slow. With a backoff of 0.5 and a capacity of 14 that is one call in eight.
 */
import { type CapacityBounds, type CapacitySample, clamp, isUsed } from './adaptive-sample.ts'

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
    return { capacity: clamp(numbers, capacity - (1 - numbers.backoff) * use) }
  }
  // The client may have gone for reasons of its own, and long before the answer.
  if (outcome === 'aborted' || !isUsed(sample, capacity)) return state
  return { capacity: clamp(numbers, capacity + 1 / capacity) }
}
