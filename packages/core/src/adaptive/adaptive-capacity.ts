/** A concurrency capacity that is learnt from latencies: an algorithm, its state, and the current rule. */

import { SLUICE_OPTION_TYPE } from '../errors.ts'
import { checkOptions, type Duration, oneOf, parseDuration } from '../options.ts'
import { concurrency } from '../rules/concurrency/concurrency.ts'
import type { ConcurrencyRule } from '../rules/concurrency/slots.ts'
import { SluiceError } from '../sluice-error.ts'
import { wholeNumber } from '../whole-number.ts'
import { type CapacityBounds, type CapacitySample, clamp } from './adaptive-sample.ts'
import { nextAimd } from './aimd.ts'
import { nextGradient2, startGradient2 } from './gradient2.ts'

/** Where a capacity starts and stays. */
export interface AdaptiveBounds {
  /** The capacity of the first moment. Whole, from `min` to `max`. @default 20, or the bound that is nearer */
  readonly initial?: number | undefined
  /** Whole, from 1. Low enough that so many at once are quick, and high enough that a mistake does not close the server. @default 5 */
  readonly min?: number | undefined
  /** Whole, from `min`. @default 200, or `min` if that is more */
  readonly max?: number | undefined
}

/** Grows by one a round while calls are quick, shrinks by a part of itself while they are not. */
export interface AimdOptions extends AdaptiveBounds {
  readonly algorithm?: 'aimd' | undefined
  /** A call that takes longer is a sign of too much: about one and a half times what the slowest take on a quiet server. */
  readonly latency: Duration
  /** What a round of such calls leaves of the capacity, above 0 and below 1. @default 0.5 */
  readonly backoff?: number | undefined
}

/** Compares latencies with what was usual before, where it is not known which latency is too long. */
export interface Gradient2Options extends AdaptiveBounds {
  readonly algorithm: 'gradient2'
  /** How many times longer than usual calls may take before the capacity shrinks, from 1 to 10. @default 1.5 */
  readonly tolerance?: number | undefined
}

/** What {@link adaptiveCapacity} takes. */
export type AdaptiveOptions = AimdOptions | Gradient2Options

/** A capacity that changes. */
export interface AdaptiveCapacity {
  /** The current capacity, in whole slots. */
  capacity(): number
  /** The `rule` of a limit: a concurrency of the current capacity. */
  readonly rule: () => ConcurrencyRule
  /** Learns from an admitted call that has ended. An invalid sample, such as one with a negative latency, is ignored. */
  learn(sample: CapacitySample): void
}

/**
 * A concurrency capacity that adapts to the latency of the server. Use its `rule` in a limit, and pass each admitted call that has ended
 * to `learn`.
 *
 * It reads no clock and starts no timer. One process learns it, so the limit needs the memory store of that process.
 * @example
 * const capacity = adaptiveCapacity({ latency: '200ms' })
 * const limiter = createLimiter({ limits: [{ name: 'busy', by: everyone, rule: capacity.rule }] })
 * capacity.learn({ latencyMs: 35, inFlight: 4, outcome: 'answered', atMs: performance.now() })
 * @throws SluiceError `SLUICE_CHOICE`, `SLUICE_DURATION`, `SLUICE_WHOLE_NUMBER`, `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`
 */
export function adaptiveCapacity(options: AdaptiveOptions): AdaptiveCapacity {
  const tracker = trackerOf(options)
  let rule: ConcurrencyRule | undefined
  return {
    capacity: tracker.capacity,
    rule() {
      const capacity = tracker.capacity()
      if (rule?.capacity !== capacity) rule = concurrency({ capacity })
      return rule
    },
    learn(sample) {
      if (isSensible(sample)) tracker.learn(sample)
    },
  }
}

/** Names of the options of {@link adaptiveCapacity}, which depend on the algorithm. */
const boundNames = ['algorithm', 'initial', 'min', 'max']

function trackerOf(options: AdaptiveOptions): Pick<AdaptiveCapacity, 'capacity' | 'learn'> {
  if (options?.algorithm === 'gradient2') {
    checkOptions(options, 'adaptiveCapacity', [...boundNames, 'tolerance'])
    const { initial, ...bounds } = boundsOf(options)
    const { tolerance = 1.5 } = options
    checkNumber(tolerance, 'tolerance', 'a number from 1 to 10', (n) => n >= 1 && n <= 10)
    const numbers = { ...bounds, tolerance }
    return track(startGradient2(initial), (state, sample) => nextGradient2(state, sample, numbers))
  }
  checkOptions(options, 'adaptiveCapacity', [...boundNames, 'latency', 'backoff'])
  if (options.algorithm !== undefined) oneOf(options.algorithm, 'algorithm', ['aimd', 'gradient2'])
  const { initial, ...bounds } = boundsOf(options)
  const { backoff = 0.5 } = options
  checkNumber(backoff, 'backoff', 'a number above 0 and below 1', (n) => n > 0 && n < 1)
  const numbers = { ...bounds, backoff, latencyMs: parseDuration(options.latency, 'latency') }
  return track({ capacity: initial }, (state, sample) => nextAimd(state, sample, numbers))
}

function track<S extends { readonly capacity: number }>(
  first: S,
  next: (state: S, sample: CapacitySample) => S,
): Pick<AdaptiveCapacity, 'capacity' | 'learn'> {
  let state = first
  return {
    capacity: () => Math.floor(state.capacity),
    learn(sample) {
      state = next(state, sample)
    },
  }
}

/** The bounds, each checked before the next one is compared with it. */
function boundsOf(options: AdaptiveBounds): CapacityBounds & { readonly initial: number } {
  const min = options.min === undefined ? 5 : wholeNumber(options.min, 'min', 1)
  const max = options.max === undefined ? Math.max(200, min) : wholeNumber(options.max, 'max', min)
  const initial = options.initial === undefined ? clamp({ min, max }, 20) : wholeNumber(options.initial, 'initial', min, max)
  return { min, max, initial }
}

function checkNumber(value: unknown, option: string, wanted: string, fits: (value: number) => boolean): void {
  // NaN fits nowhere.
  if (typeof value !== 'number' || !fits(value)) throw new SluiceError(SLUICE_OPTION_TYPE, { option, wanted, value })
}

/** A clock that steps back, or a reader that answers NaN, must not become the capacity. */
function isSensible({ latencyMs, inFlight, atMs }: CapacitySample): boolean {
  return Number.isFinite(latencyMs) && latencyMs >= 0 && Number.isFinite(inFlight) && inFlight >= 0 && Number.isFinite(atMs)
}
