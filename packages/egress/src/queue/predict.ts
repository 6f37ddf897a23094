/** When a call that arrives now would be sent, given what is booked and what waits before it. */
import type { Micros } from '@sluice/core'
import { type Dimension, horizonUs } from '../mirror/dimension.ts'
import type { MirrorView, Pace } from '../mirror/mirror.ts'
import { earliestIn } from '../mirror/window-log.ts'

/**
 * @param ahead - units by dimension of the calls that are served before
 * @returns time from `now` on
 */
export function predictWait(
  view: MirrorView,
  now: Micros,
  ahead: readonly number[],
  costs: readonly number[],
  dimensions: readonly Dimension[],
  pace: Pace,
): Micros {
  let t = Math.max(now, view.untilUs)
  for (let i = 0; i < dimensions.length; i++) {
    if (costs[i] === 0) continue
    const dimension = dimensions[i]!
    const room = Math.max(1, view.rooms[i]!)
    const total = ahead[i]! + costs[i]!
    // What is more than a window waits for whole windows, and the rest for its place in the present one.
    const windows = Math.ceil(total / room) - 1
    const rest = total - windows * room
    t = Math.max(t, earliestIn(view.logs[i]!, now, rest, room, dimension) + windows * horizonUs(dimension))
    if (pace === 'soonest' || !dimension.spaced) continue
    const distance = pace === 'paced' ? dimension.windowUs + room * dimension.transitUs : horizonUs(dimension)
    t = Math.max(t, Math.max(now, view.paceUs) + Math.ceil((ahead[i]! * distance) / room))
  }
  return t - now
}
