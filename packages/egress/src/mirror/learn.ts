/** What response headers tell of others who use the same key: an interval, moved only as far as the evidence demands. */
import type { Micros } from '@sluice/core'
import { type Dimension, horizonUs } from './dimension.ts'
import type { Sighting } from './mirror.ts'
import type { Learned } from './state.ts'
import type { WindowLog } from './window-log.ts'

/** Standard deviations of the strangers' arrivals that are left free for what they may add before the next look. */
const spread = 3

/**
 * Learns from the response to a call that was booked at `at`.
 *
 * The provider counted our calls of its last window, among them surely those from `at - W` to `at - J` and possibly those from
 * `at - W - J` to `at + J`. What it counted beyond that was of strangers. A look at an older moment than the latest one says nothing.
 * Neither does a response that comes so late that some of our calls of its window have left the log.
 */
export function learn(learned: Learned, log: WindowLog, now: Micros, { at, limit, remaining }: Sighting, dimension: Dimension): void {
  if (at < learned.seenUs || at < now - dimension.retainUs) return
  learned.seenUs = at
  if (limit !== undefined) learned.limit = Math.min(limit, dimension.capacity)
  if (remaining === undefined) return
  const total = limit ?? (learned.limit > 0 ? learned.limit : dimension.capacity)
  const used = Math.max(0, total - remaining)
  const { windowUs, transitUs, slotUs } = dimension
  let most = 0
  let least = 0
  for (let i = 0; i < log.length; i += 2) {
    const last = log[i]!
    const first = Math.floor(last / slotUs) * slotUs
    if (last > at - windowUs - transitUs && first <= at + transitUs) most += log[i + 1]!
    if (first > at - windowUs && last <= at - transitUs) least += log[i + 1]!
  }
  learned.strangers = Math.max(0, Math.min(used - least, Math.max(used - most, learned.strangers)))
}

/** What one window may hold of ours: the smaller of the limits, less what strangers use and may add before the next look. */
export function roomOf({ seenUs, limit, strangers }: Learned, now: Micros, dimension: Dimension): number {
  const most = limit > 0 ? Math.min(limit, dimension.capacity) : dimension.capacity
  if (strangers === 0) return most
  const ageUs = Math.min(Math.max(0, now - seenUs), horizonUs(dimension))
  const margin = spread * Math.sqrt((2 * strangers * dimension.strangerUnit * ageUs) / dimension.windowUs)
  return Math.max(0, most - strangers - Math.ceil(margin))
}
