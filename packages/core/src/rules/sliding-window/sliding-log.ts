/**
 * Exact sliding windows: their numbers, and their decisions from the times of their admissions.
 *
 * `log` holds times and units in turn, the oldest first, and `used` the sum of the units. What was admitted at t counts until
 * `t + periodUs`, and no longer at that moment.
 */

import type { Micros } from '../../clock.ts'
import { SLUICE_RULE_TOO_LARGE } from '../../errors.ts'
import { durationText } from '../../options.ts'
import { SluiceError } from '../../sluice-error.ts'
import { countingDecider } from '../counting.ts'
import { type BucketKind, type BucketState, type CountingRule, intern, ruleOf, type Unused } from '../kind.ts'
import { partOfWindow } from '../rate.ts'

/** An exact sliding window, as the decider uses it. */
export interface SlidingLogRule extends CountingRule {
  readonly kind: 'sliding-log'
  /** Units. */
  readonly capacity: number
  /** Units per `perMs`; a share of less than one unit has a fraction of one. */
  readonly refill: number
  readonly perMs: number
  /** The length of the window in microseconds; that of a share of less than one unit is longer than `perMs`. */
  readonly periodUs: number
  readonly scale: 1
}

/** The largest capacity: a log has an entry for each of its units, and is copied with every admission. */
export const mostLogged = 10_000

/** The longest window in microseconds, some 70 years: the end of it must stay below 2^53. Only small shares of long windows reach it. */
export const longestWindowUs: number = Math.floor(Number.MAX_SAFE_INTEGER / 4)

/** The rule for parsed numbers. @throws SluiceError `SLUICE_RULE_TOO_LARGE` */
export function slidingLogOf(shape: Pick<SlidingLogRule, 'capacity' | 'refill' | 'perMs' | 'periodUs'>): SlidingLogRule {
  const { capacity, refill, perMs, periodUs } = shape
  return intern(`sliding-log ${capacity} ${refill}/${perMs} ${periodUs}`, () => {
    if (periodUs > longestWindowUs) throw new SluiceError(SLUICE_RULE_TOO_LARGE, { capacity, per: durationText(perMs) })
    return ruleOf(slidingLogKind, { capacity, refill, perMs, periodUs, scale: 1 })
  })
}

type Log = readonly number[]
const nothingLogged: Log = Object.freeze([])

function advance(state: BucketState, now: Micros, { periodUs }: SlidingLogRule): BucketState {
  const { used, last, log = nothingLogged } = state
  if (now > last) {
    let gone = 0
    let left = used
    while (gone < log.length && log[gone]! + periodUs <= now) {
      left -= log[gone + 1]!
      gone += 2
    }
    return { used: left, last: now, carried: 0, log: gone === 0 ? log : log.slice(gone) }
  }
  // A clock that went back further than the bucket takes to fill jumped there and back; the admissions go back with it.
  const timeToFull = log.length === 0 ? 0 : log[log.length - 2]! + periodUs - last
  return last - now > timeToFull
    ? { used, last: now, carried: 0, log: log.map((value, i) => (i % 2 === 0 ? value + now - last : value)) }
    : state
}

/** Admissions of one moment are one entry. */
function debit({ used, last, log = nothingLogged }: BucketState, amount: number): BucketState {
  if (amount === 0) return { used, last, carried: 0, log }
  const latest = log.length - 2
  // Concatenating copies a log at half the price of spreading it, and the copy is what an admission costs.
  const entries = log[latest] === last ? log.slice(0, latest).concat(last, log[latest + 1]! + amount) : log.concat(last, amount)
  return { used: used + amount, last, carried: 0, log: entries }
}

/** A cost fits in when enough of the oldest admissions count no longer; the whole capacity when the latest does not. */
function waitFor(units: number, { used, log = nothingLogged }: BucketState, now: Micros, rule: SlidingLogRule): Micros {
  if (units === rule.capacity) return log[log.length - 2]! + rule.periodUs - now
  let at = 0
  for (let left = used - log[1]!; left > rule.capacity - units; left -= log[at + 1]!) at += 2
  return log[at]! + rule.periodUs - now
}

function returnable({ units, chargedAt }: Unused, now: Micros, { periodUs }: SlidingLogRule): number {
  return now - chargedAt < periodUs ? units : 0
}

/** Takes from the admission it was charged with, and else from the oldest, which would have come back first. */
function giveBack(
  { used, last, log = nothingLogged }: BucketState,
  amount: number,
  _rule: SlidingLogRule,
  chargedAt?: Micros,
): BucketState {
  const left: number[] = []
  let rest = Math.min(used, amount)
  const take = (units: number): number => {
    const taken = Math.min(units, rest)
    rest -= taken
    return units - taken
  }
  const units = log.map((value, i) => (i % 2 === 1 && log[i - 1] === chargedAt ? take(value) : value))
  for (let at = 0; at < units.length; at += 2) {
    const kept = take(units[at + 1]!)
    if (kept > 0) left.push(units[at]!, kept)
  }
  return { used: used - Math.min(used, amount), last, carried: 0, log: left }
}

/** An exact sliding window, as limiters and stores use it. */
export const slidingLogKind: BucketKind<SlidingLogRule> = {
  name: 'sliding-log',
  part: (rule, part) => slidingLogOf({ ...partOfWindow(rule, part), perMs: rule.perMs }),
  ...countingDecider({
    advance,
    missing: (state) => state.used,
    lacking: (amount, now) => debit({ used: 0, last: now, carried: 0 }, amount),
    debit,
    returnable,
    giveBack,
    waitFor,
  }),
}
