/** One limit of a provider, as the mirror counts it: so much per window, with an allowance for the way to the provider. */
import type { Micros } from '@sluice/core'

/** A dimension of the mirror. All times are whole microseconds. */
export interface Dimension {
  /** Units that one window of the provider holds (N). */
  readonly capacity: number
  /** Length of the provider's window (W). */
  readonly windowUs: Micros
  /** Longest time from a booking to the arrival at the provider (J). */
  readonly transitUs: Micros
  /** Bookings of one slot of this length share an entry of the log. */
  readonly slotUs: Micros
  /** Units of a usual call of strangers, who use the same key. */
  readonly strangerUnit: number
  /** How long entries of the log stay after they have left their window, for what headers say about the past. */
  readonly retainUs: Micros
  /** Whether the spacing of `'steady'` and `'paced'` follows this dimension. A lane's share does not. */
  readonly spaced: boolean
}

/** What a dimension is made of. */
export interface DimensionOptions {
  readonly capacity: number
  readonly windowUs: Micros
  readonly transitUs: Micros
  readonly strangerUnit?: number
  readonly retainUs?: Micros
  readonly spaced?: boolean
}

/** Slots that divide a window and its transit. With 60 the mirror loses at most 0.05 points of the quota against an exact log. */
const slotsPerWindow = 60

/** Entries are kept for a window at most, so that a log has at most two windows of slots. */
const longestRetainUs = 10_000_000

export function dimension(options: DimensionOptions): Dimension {
  const { capacity, windowUs, transitUs, strangerUnit = 1, spaced = true, retainUs = Math.min(longestRetainUs, windowUs) } = options
  return { capacity, windowUs, transitUs, slotUs: Math.ceil((windowUs + transitUs) / slotsPerWindow), strangerUnit, retainUs, spaced }
}

/** How long a booking counts: a call that was booked at `t` reaches the provider by `t + J` and stays in its windows until `t + J + W`. */
export function horizonUs({ windowUs, transitUs }: Dimension): Micros {
  return windowUs + transitUs
}

/** Whether a value is a number of units: whole, from 0. */
export function isUnits(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
