/** What response headers tell of the limit, and of strangers who use the same key: an interval, moved only as far as the evidence demands. */
import type { Micros } from '@sluice/core'
import { type Dimension, horizonUs } from './dimension.ts'
import type { Sighting } from './mirror.ts'
import type { Learned } from './state.ts'
import type { WindowLog } from './window-log.ts'

/** Standard deviations of the strangers' arrivals that are left free for what they may add before the next look. */
const spread = 3

/**
 * A limit that rises again is trusted by the configured capacity in a sixth of a window: from 150 of 300 a minute back to 300 in 5 s. One
 * server of the provider may name the new limit while another still refuses by the old one. Too low a limit costs a few seconds of the
 * difference, and too high a limit costs a refusal for each call.
 */
const risesPerWindow = 6

/**
 * Learns from the response to a call that was booked at `at`.
 *
 * The provider counted our calls of its last window, among them surely those from `at - W` to `at - J` and possibly those from
 * `at - W - J` to `at + J`. It surely counted the call itself. What it counted beyond that was of strangers. A response to an older call than the latest one says nothing.
 * Neither does a response that comes so late that some of our calls of its window have left the log.
 */
export function learn(learned: Learned, log: WindowLog, now: Micros, seen: Sighting, dimension: Dimension): void {
  const { at, limit, remaining, cost } = seen
  if ((limit === undefined && remaining === undefined) || at < learned.seenUs || at < now - dimension.retainUs) return
  if (!enterWindow(learned, seen, dimension)) return
  if (limit !== undefined) learned.limit = easedLimit(learned, limit, at, dimension)
  learned.seenUs = at
  if (remaining === undefined) return
  const total = limit ?? (learned.limit > 0 ? Math.floor(learned.limit) : dimension.capacity)
  const used = Math.max(0, total - remaining)
  const { windowUs, transitUs, slotUs } = dimension
  const startUs = learned.endsUs > 0 ? learned.endsUs - windowUs : 0
  const mostFrom = Math.max(at - windowUs - transitUs, startUs)
  const leastFrom = Math.max(at - windowUs, startUs)
  let most = 0
  let least = cost
  for (let i = 0; i < log.length; i += 2) {
    const last = log[i]!
    const first = Math.floor(last / slotUs) * slotUs
    if (last > mostFrom && first <= at + transitUs) most += log[i + 1]!
    if (first > leastFrom && last <= at - transitUs) least += log[i + 1]!
  }
  const strangers = Math.max(used - most, learned.strangers)
  // Nothing is left: strangers may want more than was counted, and the look is no upper bound.
  if (remaining === 0) {
    learned.strangers = Math.max(0, strangers)
    return
  }
  learned.strangers = Math.max(0, Math.min(used - least, strangers))
  if (used - least - learned.strangers <= usualDoubt(dimension)) learned.sureUs = at
}

/**
 * Units of ours that the provider may have counted or not, if calls are spread over the window. While a burst enters or leaves the window,
 * far more are in doubt, and the look shows little of strangers.
 */
function usualDoubt({ capacity, windowUs, transitUs, slotUs }: Dimension): number {
  return Math.ceil((capacity * (2 * transitUs + slotUs)) / windowUs)
}

/**
 * Begins anew where the response tells of a new fixed window. What strangers have used of the last one is expected of the next.
 * @returns false if the response tells of a window before the present one
 */
function enterWindow(learned: Learned, { endsUs }: Sighting, { windowUs }: Dimension): boolean {
  if (endsUs === undefined) return true
  if (endsUs < learned.endsUs - windowUs / 2) return false
  if (endsUs > learned.endsUs + windowUs / 2) {
    // What they used after the latest look is expected to be their part of what they used before.
    const unseenUs = Math.min(Math.max(0, learned.endsUs - learned.seenUs), windowUs)
    learned.peak = learned.strangers + Math.ceil((learned.peak * unseenUs) / windowUs)
    learned.strangers = 0
    learned.endsUs = endsUs
  }
  learned.endsUs = Math.min(learned.endsUs, endsUs)
  return true
}

/** A lower limit holds at once, a higher one step by step. */
function easedLimit({ limit: known, seenUs }: Learned, limit: number, at: Micros, { capacity, windowUs }: Dimension): number {
  if (known === 0 || limit <= known) return Math.max(1, limit)
  return Math.min(limit, known + (capacity * (at - seenUs) * risesPerWindow) / windowUs)
}

/** What one window may hold of ours: the capacity, or less if the limit has no room for more beside what strangers use and may add. */
export function roomOf({ sureUs, limit, strangers, peak, endsUs }: Learned, now: Micros, dimension: Dimension): number {
  const total = limit > 0 ? Math.floor(limit) : dimension.capacity
  const leftUs = now < endsUs ? endsUs - now : dimension.windowUs
  const others = Math.max(withSpread(strangers, now - sureUs, dimension), withSpread(peak, leftUs, dimension))
  return Math.max(0, Math.min(dimension.capacity, total - others))
}

/** Units that strangers use, and what they may use more after so long. */
function withSpread(units: number, forUs: Micros, dimension: Dimension): number {
  if (units === 0) return 0
  const passedUs = Math.min(Math.max(0, forUs), horizonUs(dimension))
  return units + Math.ceil(spread * Math.sqrt((2 * units * dimension.strangerUnit * passedUs) / dimension.windowUs))
}
