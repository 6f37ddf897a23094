/** The limits of a provider and the lanes of its queue, checked. */
import type { Duration } from '@sluice/core'
import { checkOptions, parseDuration, SLUICE_LIMITS_EMPTY, SLUICE_OPTION_TYPE, wholeNumber } from '@sluice/core/internal'
import { SluiceError } from '../errors.ts'
import { type Dimension, dimension } from '../mirror/dimension.ts'
import type { CostMap } from './costs.ts'

/** One limit of the provider: so many units in every window. */
export interface ProviderLimit {
  /** Units in one window, a whole number from 1. */
  readonly capacity: number
  /** Length of the window. */
  readonly per: Duration
  /** Units of a call that does not say. @default 1 for a limit named `requests`; other limits must be named by each call */
  readonly cost?: number | undefined
}

/** The limits, and what they count as dimensions of the mirror. @param learns - whether a dialect reads headers */
export function limitsOf(limits: unknown, transitMs: number, learns = false): Pick<CostMap, 'names' | 'usual' | 'dimensions'> {
  if (typeof limits !== 'object' || limits === null || Object.keys(limits).length === 0) {
    throw new SluiceError(SLUICE_LIMITS_EMPTY, { option: 'limits' })
  }
  const named = Object.entries(limits as Record<string, ProviderLimit>)
  return {
    names: named.map(([name]) => name),
    usual: named.map(([name, { cost }]) => {
      if (cost !== undefined) return wholeNumber(cost, `limits.${name}.cost`, 0)
      return name === 'requests' ? 1 : undefined
    }),
    dimensions: named.map(([name, limit]) => {
      checkOptions(limit, `limits.${name}`, ['capacity', 'per', 'cost'])
      const capacity = wholeNumber(limit.capacity, `limits.${name}.capacity`, 1)
      const windowUs = parseDuration(limit.per, `limits.${name}.per`) * 1000
      const strangerUnit = Math.max(1, limit.cost ?? (name === 'requests' ? 1 : Math.ceil(capacity / 100)))
      // What has left its window matters only to headers, which say something about the past.
      return dimension({ capacity, windowUs, transitUs: transitMs * 1000, strangerUnit, ...(learns ? {} : { retainUs: 0 }) })
    }),
  }
}

/** The lanes in their order, and the share that each keeps free. */
export function lanesOf(lanes: Readonly<Record<string, number>> = { default: 0 }): { lanes: string[]; shares: number[] } {
  const shares = Object.entries(lanes).map(([lane, share]) => {
    if (typeof share === 'number' && share >= 0 && share < 1) return share
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: `queue.lanes.${lane}`, wanted: 'a share from 0 to less than 1', value: share })
  })
  const sum = shares.reduce((a, b) => a + b, 0)
  if (shares.length === 0 || shares.length > 8 || sum > 1) {
    throw new SluiceError(SLUICE_OPTION_TYPE, {
      option: 'queue.lanes',
      wanted: '1 to 8 lanes with shares of at most 1 in all',
      value: lanes,
    })
  }
  return { lanes: Object.keys(lanes), shares }
}

/** What the other lanes may use when a share is kept free of them. */
export function kept(of: Dimension, share: number): Dimension {
  const capacity = Math.max(1, Math.floor(of.capacity * (1 - share)))
  return dimension({ ...of, capacity, spaced: false })
}
