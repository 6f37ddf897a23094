/** Costs by limit name, as units by dimension of the mirror. */
import { SLUICE_COST, SLUICE_LIMIT_UNKNOWN } from '@sluice/core/internal'
import { SLUICE_EGRESS_COST, SluiceError } from '../errors.ts'
import type { Dimension } from '../mirror/dimension.ts'
import { isUnits } from '../mirror/dimension.ts'
import { EgressRefusal } from '../refusal.ts'

/** Units by limit name. Limits that are not named take their own `cost`. */
export type EgressCost = Readonly<Record<string, number>>

/** How limits lie in the mirror: first the limits themselves, then what each lane keeps free of the others. */
export interface CostMap {
  readonly provider: string
  readonly names: readonly string[]
  /** The cost of a limit that a call does not name; `undefined` if each call has to. */
  readonly usual: readonly (number | undefined)[]
  /** The units of a call that names no cost, by lane; `undefined` if it has to name one. */
  readonly usualUnits: readonly (readonly number[] | undefined)[]
  readonly dimensions: readonly Dimension[]
  /** The lanes with a guarantee, one for each group of dimensions after the first. */
  readonly guaranteed: readonly number[]
  /** Whether names are allowed that only a budget knows. */
  readonly open: boolean
}

/**
 * The units of a call.
 * @throws SluiceError `SLUICE_COST`, `SLUICE_LIMIT_UNKNOWN`
 * @throws EgressRefusal `SLUICE_EGRESS_COST` if a whole window is too small
 */
export function unitsOf(cost: EgressCost | undefined, lane: number, map: CostMap): readonly number[] {
  const { names, usual, dimensions, provider, usualUnits } = map
  const known = cost === undefined ? usualUnits[lane] : undefined
  if (known !== undefined) return known
  const units = names.map((name, i) => checked(cost?.[name] ?? usual[i], name))
  for (const name of Object.keys(cost ?? {})) {
    checked(cost![name], name)
    if (!map.open && !names.includes(name)) throw new SluiceError(SLUICE_LIMIT_UNKNOWN, { name, choices: names })
  }
  const all = spread(units, lane, map)
  for (let i = 0; i < all.length; i++) {
    const { capacity } = dimensions[i]!
    if (all[i]! <= capacity) continue
    const limit = names[i % names.length]
    throw new EgressRefusal(SLUICE_EGRESS_COST, {
      provider,
      retryAfterMs: null,
      scope: 'caller',
      facts: { cost: all[i], limit, capacity },
    })
  }
  return all
}

/** Units for what was actually used: unnamed limits keep their estimate. */
export function actualUnits(actual: EgressCost, estimate: readonly number[], lane: number, map: CostMap): number[] {
  return spread(
    map.names.map((name, i) => (name in actual ? checked(actual[name], name) : estimate[i]!)),
    lane,
    map,
  )
}

/** What {@link CostMap} keeps of calls that name no cost. */
export function usualUnitsOf(lanes: number, map: Omit<CostMap, 'usualUnits'>): CostMap['usualUnits'] {
  const { usual, dimensions } = map
  const units = usual.flatMap((each) => (each === undefined ? [] : [each]))
  return Array.from({ length: lanes }, (_, lane) => {
    const all = units.length === usual.length ? spread(units, lane, map) : undefined
    return all?.every((each, i) => each <= dimensions[i]!.capacity) ? Object.freeze(all) : undefined
  })
}

/** A call pays its limits, and what every other lane keeps free. */
function spread(units: readonly number[], lane: number, { guaranteed }: Pick<CostMap, 'guaranteed'>): number[] {
  return [...units, ...guaranteed.flatMap((owner) => units.map((each) => (owner === lane ? 0 : each)))]
}

function checked(value: unknown, name: string): number {
  if (isUnits(value)) return value
  throw new SluiceError(SLUICE_COST, { name, value })
}
