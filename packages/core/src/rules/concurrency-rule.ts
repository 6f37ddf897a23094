/** Concurrency's numbers: how many at once, and for how long without a word. */
import { type Duration, parseDuration } from '../duration.ts'
import { checkOptions } from '../options.ts'
import { type Part, partOfCapacity } from './part.ts'
import { intern, type Rule } from './rule.ts'
import { wholeNumber } from './whole-number.ts'

/** Numbers of {@link concurrency}. */
export interface ConcurrencyOptions {
  /** Slots. Whole, from 1. */
  readonly capacity: number
  /** How long a slot is held without being renewed; then its holder is taken to have crashed, and the slot is free. @default '30s' */
  readonly lease?: Duration | undefined
}

/** A limit on what happens at the same time, as the stores use it. */
export interface ConcurrencyRule extends Rule {
  readonly kind: 'concurrency'
  /** Slots. */
  readonly capacity: number
  /** Slots are counted as they are. */
  readonly scale: 1
  readonly leaseMs: number
}

/**
 * At most `capacity` at the same time: each holds a slot until it is settled or cancelled, or its lease expires.
 *
 * Always one slot, whatever a call costs. Slots are held by reservations, so `consume` refuses limits of this kind; what runs longer
 * than the lease renews its reservation. When a slot comes free nobody can know: waits are estimates, and their statuses say so.
 * @throws SluiceError `SLUICE_WHOLE_NUMBER`, `SLUICE_DURATION`, `SLUICE_OPTION_UNKNOWN`
 */
export function concurrency(options: ConcurrencyOptions): ConcurrencyRule {
  checkOptions(options, 'concurrency', ['capacity', 'lease'])
  const { capacity, lease = '30s' } = options
  return concurrencyOf(wholeNumber(capacity, 'capacity', 1), parseDuration(lease, 'lease'))
}

function concurrencyOf(capacity: number, leaseMs: number): ConcurrencyRule {
  return intern(`concurrency ${capacity} ${leaseMs}`, () => ({ kind: 'concurrency', capacity, scale: 1, leaseMs }))
}

/** A part of the slots. */
export function partOfConcurrency({ capacity, leaseMs }: ConcurrencyRule, part: Part): ConcurrencyRule {
  return concurrencyOf(partOfCapacity(capacity, part), leaseMs)
}

/** Whether a rule counts what happens at the same time, by slots instead of a bucket. */
export function isConcurrency(rule: Rule): rule is ConcurrencyRule {
  return rule.kind === 'concurrency'
}
