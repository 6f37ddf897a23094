/**
 * Gradient2, after Netflix's concurrency-limits: the capacity follows the ratio of the usual latency to the current one. No option has to
 * name the latency that is too long.
 *
 * It differs from the original in two ways:
 * - The usual latency. In the original every call counts, so a lasting overload becomes usual after a minute. Here a round that used half
 *   of the capacity or more counts by its duration, against ten minutes.
 * - The calls that may wait. The original allows 4. Here they grow with the square root of the capacity, as random waves of arrivals do:
 *   beside 8 workers, 4 would be half as much again.
 */
import { type CapacityBounds, type CapacitySample, clamp, isUsed } from './adaptive-sample.ts'

/** The numbers of {@link nextGradient2}. */
export interface Gradient2Numbers extends CapacityBounds {
  /** How many times longer than usual calls may take before the capacity shrinks, at least 1. */
  readonly tolerance: number
}

/** The capacity, and what is usual. */
export interface Gradient2State {
  /** Fractions of a slot included. */
  readonly capacity: number
  /** In milliseconds; 0 before the first round has ended. */
  readonly usualMs: number
  /** Rounds that have said what is usual. */
  readonly rounds: number
  /** When the last round ended; `null` before the first has. */
  readonly roundAtMs: number | null
  readonly round: Round
}

/** The current round. */
interface Round {
  readonly calls: number
  /** Of all but those that were lost. */
  readonly sumMs: number
  /** Calls that used half of the capacity or more. */
  readonly used: number
  /** Calls that were signs of overload whatever their latency. */
  readonly lost: number
}

const noRound: Round = Object.freeze({ calls: 0, sumMs: 0, used: 0, lost: 0 })

/** A capacity about which nothing is known. */
export function startGradient2(capacity: number): Gradient2State {
  return { capacity, usualMs: 0, rounds: 0, roundAtMs: null, round: noRound }
}

/** Calls in a round at least, so that the mean of scattered latencies says something. */
const leastCalls = 20
/** The part of what is new in what is usual, once twenty rounds are known. */
const calmWeight = 0.05
/** How long a crowd must last to be taken for usual, in milliseconds. */
const crowdedMs = 600_000
/** The part of the way that the capacity goes in one round. */
const smoothing = 0.2

/** The state after a call; the capacity changes when a round is full. */
export function nextGradient2(state: Gradient2State, sample: CapacitySample, numbers: Gradient2Numbers): Gradient2State {
  const { capacity, usualMs, rounds, roundAtMs } = state
  const { latencyMs, outcome, atMs } = sample
  // It took at least that long, which says something only where that is too long already.
  if (outcome === 'aborted' && (usualMs === 0 || latencyMs <= usualMs * numbers.tolerance)) return state
  const round = withCall(state.round, outcome === 'overloaded' ? null : latencyMs, isUsed(sample, capacity))
  if (round.calls < Math.max(leastCalls, capacity)) return { capacity, usualMs, rounds, roundAtMs, round }
  return endRound(state, round, atMs, numbers)
}

/** @param latencyMs - `null` where it says nothing */
function withCall({ calls, sumMs, used, lost }: Round, latencyMs: number | null, isUse: boolean): Round {
  return { calls: calls + 1, sumMs: sumMs + (latencyMs ?? 0), used: used + (isUse ? 1 : 0), lost: lost + (latencyMs === null ? 1 : 0) }
}

function endRound(state: Gradient2State, { calls, sumMs, used, lost }: Round, atMs: number, numbers: Gradient2Numbers): Gradient2State {
  const crowded = used * 2 >= calls
  // A clock may be too coarse to see a call pass.
  const meanMs = lost === calls ? null : Math.max(sumMs / (calls - lost), 0.001)
  const known = meanMs === null ? state : learnUsual(state, meanMs, crowded, atMs)
  const next = { ...known, roundAtMs: atMs, round: noRound }
  if (!crowded) return next
  const byLatency = meanMs === null ? 1 : Math.min(1, Math.max(0.5, (numbers.tolerance * known.usualMs) / meanMs))
  const gradient = byLatency - ((byLatency - 0.5) * lost) / calls
  const wanted = state.capacity * gradient + Math.sqrt(state.capacity) / 2
  return { ...next, capacity: clamp(numbers, state.capacity + (wanted - state.capacity) * smoothing) }
}

/** Moves what is usual towards the mean of a round. */
function learnUsual(state: Gradient2State, meanMs: number, crowded: boolean, atMs: number): Gradient2State {
  const { usualMs, rounds, roundAtMs } = state
  if (roundAtMs === null || usualMs === 0) return { ...state, usualMs: meanMs, rounds: 1 }
  const crowdWeight = Math.min(calmWeight, Math.max(0, atMs - roundAtMs) / crowdedMs)
  const moved = usualMs + (meanMs - usualMs) * (crowded ? crowdWeight : Math.max(calmWeight, 1 / (rounds + 1)))
  // After a long overload, or a slow start, the usual is too high by far, and would let the next overload grow.
  return { ...state, usualMs: moved > 2 * meanMs ? moved * 0.95 : moved, rounds: crowded ? rounds : rounds + 1 }
}
