/** Concurrency: how many at once, and for how long a slot is held without being renewed. */

import { intern, type RuleKind, ruleOf } from '../../kind.ts'
import { checkOptions, type Duration, parseDuration } from '../../options.ts'
import { wholeNumber } from '../../whole-number.ts'
import { partOfCapacity } from '../rate.ts'
import { slotCharges } from './slot-charges.ts'
import type { ConcurrencyRule } from './slots.ts'

/** Numbers of {@link concurrency}. */
export interface ConcurrencyOptions {
  /** Slots. Whole, from 0: with 0 slots every call is impossible. */
  readonly capacity: number
  /** How long a slot is held without being renewed. Then its holder counts as crashed, and the slot is free. From 1 ms to 366 days. @default '30s' */
  readonly lease?: Duration | undefined
}

/**
 * At most `capacity` at the same time: each holds a slot until it is settled or cancelled, or its lease expires.
 *
 * A call always takes one slot, whatever its cost. Slots are held by reservations, so `consume` refuses limits of this kind. Work that
 * runs longer than the lease renews its reservation. It is not known when a slot comes free: waits are estimates, and their statuses say so.
 * @throws SluiceError `SLUICE_WHOLE_NUMBER`, `SLUICE_DURATION`, `SLUICE_OPTION_UNKNOWN`
 * @example
 * ```ts
 * const uploads = { name: 'uploads', by: (user: string) => user, rule: concurrency({ capacity: 3, lease: '1m' }) }
 * ```
 */
export function concurrency(options: ConcurrencyOptions): ConcurrencyRule {
  checkOptions(options, 'concurrency', ['capacity', 'lease'])
  const { capacity, lease = '30s' } = options
  return concurrencyOf(wholeNumber(capacity, 'capacity', 0), parseDuration(lease, 'lease'))
}

function concurrencyOf(capacity: number, leaseMs: number): ConcurrencyRule {
  return intern(`concurrency ${capacity} ${leaseMs}`, () => ruleOf(concurrencyKind, { capacity, scale: 1, leaseMs }))
}

/** Concurrency, as limiters and stores use it. */
export const concurrencyKind: RuleKind<ConcurrencyRule> = {
  name: 'concurrency',
  part: ({ capacity, leaseMs }, part) => concurrencyOf(partOfCapacity(capacity, part), leaseMs),
  pace: () => ({ refill: null, periodMs: null, unit: 'concurrent-requests' }),
  fixedCost: 1,
  mustReserve: true,
  memory: slotCharges,
}
