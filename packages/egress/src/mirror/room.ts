/** How much fits, and from when on: one instant over all dimensions. */
import type { Micros } from '@sluice/core'
import { type Dimension, horizonUs } from './dimension.ts'
import type { MirrorView, Pace } from './mirror.ts'
import type { MirrorRules, MirrorState } from './state.ts'
import type { Ways } from './ways.ts'
import { earliestIn } from './window-log.ts'

/** The rooms of all dimensions at this moment. */
export function roomsOf(state: MirrorState, { dimensions }: MirrorRules, { roomOf }: Ways): number[] {
  return dimensions.map((dimension, i) => roomOf(state.learned[i]!, state.lastUs, dimension))
}

/** The earliest instant from `now` on at which `costs` fit in every dimension that they use. */
export function earliest(view: MirrorView, now: Micros, costs: readonly number[], dimensions: readonly Dimension[], pace: Pace): Micros {
  let t = Math.max(now, view.untilUs)
  if (pace !== 'soonest') t = Math.max(t, view.paceUs)
  for (let i = 0; i < dimensions.length; i++) {
    const units = costs[i]!
    if (units > 0) t = Math.max(t, earliestIn(view.logs[i]!, now, units, view.rooms[i]!, dimensions[i]!))
  }
  return t
}

/** The costs in the dimensions that `payer` uses too. A call does not wait for a dimension that it does not use. */
export function masked(costs: readonly number[], payer: readonly number[]): number[] {
  return costs.map((units, i) => (payer[i]! > 0 ? units : 0))
}

/** The distance that a call keeps to the next one. */
export function spacingUs(costs: readonly number[], rooms: readonly number[], dimensions: readonly Dimension[], pace: Pace): Micros {
  let spacing = 0
  for (let i = 0; i < dimensions.length; i++) {
    const dimension = dimensions[i]!
    const units = costs[i]!
    if (units === 0 || !dimension.spaced) continue
    const room = Math.max(units, rooms[i]!)
    // A provider that counts by the second sees calls later and earlier by the transit; one that counts windows does not mind.
    const distance =
      pace === 'paced'
        ? Math.ceil((units * dimension.windowUs) / room) + dimension.transitUs
        : Math.ceil((units * horizonUs(dimension)) / room)
    spacing = Math.max(spacing, distance)
  }
  return spacing
}

/**
 * Where the distance to the next call is counted from. Spaced calls catch up a slot, and the time that a dead head can stop the line: 1.27 s
 * of a window of a minute. Providers that count by the second allow neither.
 */
export function pacedFrom(paceUs: Micros, now: Micros, { dimensions, graceUs }: MirrorRules, pace: Pace): Micros {
  if (pace === 'paced') return Math.max(paceUs, now)
  let slot = 0
  for (const { slotUs, spaced } of dimensions) if (spaced) slot = Math.max(slot, slotUs)
  return Math.max(paceUs, now - slot - graceUs)
}

/** What is known before the first answer. */
export function emptyView(dimensions: readonly Dimension[]): MirrorView {
  return {
    logs: dimensions.map(() => []),
    rooms: dimensions.map(({ capacity }) => capacity),
    untilUs: 0,
    paceUs: 0,
    probeEndUs: 0,
    freeSlots: Number.POSITIVE_INFINITY,
    others: [],
  }
}
