/** Short ways to write what a process asks of a mirror, and random asks. */
import fc from 'fast-check'
import { dimension } from '../src/mirror/dimension.ts'
import type { Ask, Head } from '../src/mirror/mirror.ts'
import { probeRules } from '../src/mirror/probe.ts'
import type { MirrorRules } from '../src/mirror/state.ts'

export const second = 1_000_000

export function rulesOf(
  capacities: readonly number[],
  { windowUs = second, transitUs = 0, lanes = 1, slots = 0, probes = false } = {},
): MirrorRules {
  const dimensions = capacities.map((capacity) => dimension({ capacity, windowUs, transitUs, retainUs: 10 * second }))
  const probe = probes ? probeRules([windowUs]) : undefined
  return { dimensions, lanes, graceUs: 250_000, slots, leaseUs: 2 * second, settledUs: 600 * second, probe }
}

export function askOf(ask: Partial<Ask> = {}): Ask {
  const { settles = [] } = ask
  const settling = settles.length > 0 ? 1 : 0
  return {
    process: 'a',
    heads: [],
    queued: [],
    held: 0,
    settling,
    charges: [],
    settles: [],
    moves: [],
    seen: [],
    blockUs: 0,
    pace: 'soonest',
    known: undefined,
    ...ask,
  }
}

export function headOf(costs: readonly number[], rank: number = 1, lane: number = 0): Head {
  return { lane, rank, since: rank, costs }
}

/** One call to the mirror, and the time since the one before. */
export interface TimedAsk {
  readonly afterUs: number
  readonly ask: Ask
}

/**
 * Asks of three processes in two lanes, as random as they may be. Settlements and moves are of bookings that may have been.
 * @param options - `quiet`: responses are rare, and nothing else stops calls
 */
export function timedAsks(dimensions: number, { whole = true, quiet = false } = {}): fc.Arbitrary<readonly TimedAsk[]> {
  const units = (max: number): fc.Arbitrary<number[]> =>
    fc.array(fc.integer({ min: 0, max }), { minLength: dimensions, maxLength: dimensions })
  const queued = fc.tuple(units(9), fc.nat({ max: 5 })).map(([each, calls]) => [...each, calls])
  const head = fc.record({ lane: fc.nat({ max: 1 }), rank: fc.nat({ max: 20 }), since: fc.nat({ max: 20 }), costs: units(whole ? 12 : 6) })
  const byPlace = (a: Head, b: Head): number => a.lane - b.lane || a.rank - b.rank || a.since - b.since
  const at = fc.integer({ min: 0, max: 4 * second })
  const back = fc.array(fc.integer({ min: -3, max: 6 }), { minLength: dimensions, maxLength: dimensions })
  const seen = fc.record({
    dimension: fc.nat({ max: dimensions - 1 }),
    at,
    cost: fc.nat({ max: 6 }),
    limit: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
    remaining: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
    endsUs: fc.option(fc.integer({ min: 0, max: 9 * second }), { nil: undefined }),
  })
  const some = <T>(each: fc.Arbitrary<T>): fc.Arbitrary<T[]> => (whole ? fc.array(each, { maxLength: 2 }) : fc.constant([]))
  const known = fc.record({ now: at, leastUs: fc.nat({ max: second }), mostUs: fc.nat({ max: 2 * second }), stepped: fc.boolean() })
  const ask = fc.record({
    process: fc.constantFrom('a', 'b', 'c'),
    heads: fc.array(head, { maxLength: 4 }).map((heads) => heads.sort(byPlace)),
    queued: fc.tuple(queued, queued),
    held: fc.nat({ max: 3 }),
    settling: fc.nat({ max: 8 }),
    settles: some(fc.record({ at, back })),
    charges: whole ? fc.oneof(fc.constant([]), units(2)) : fc.constant([]),
    moves: some(fc.record({ at, costs: units(6) })),
    seen: quiet ? fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: some(seen) }) : some(seen),
    blockUs: whole && !quiet ? fc.oneof(fc.constant(0), fc.nat({ max: second })) : fc.constant(0),
    pace: whole ? fc.constantFrom('soonest' as const, 'steady' as const, 'paced' as const) : fc.constant('soonest' as const),
    known: whole && !quiet ? fc.option(known, { nil: undefined }) : fc.constant(undefined),
  })
  const afterUs = fc.oneof(fc.nat({ max: 300_000 }), fc.constant(0), fc.integer({ min: whole ? -second : 0, max: 2 * second }))
  return fc.array(fc.record({ afterUs, ask }), { maxLength: 40, size: 'max' })
}
