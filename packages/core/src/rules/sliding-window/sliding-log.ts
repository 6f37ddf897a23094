/**
 * Sliding windows that no stretch of time overfills: their numbers, and their decisions from a log of admissions.
 *
 * An entry of the log has the time of an admission and the units that were admitted before it. Times and units both ascend, so a binary
 * search answers every question, and an admission adds one entry. `used` is the sum of the units that count. These are the latest ones,
 * so entries below `total - used` no longer count and need not be removed.
 *
 * An exact window enters each admission at its own time. With slots, it enters at the start of its slot and counts as if it came at the
 * end of it.
 */

import type { Micros } from '../../clock.ts'
import { SLUICE_RULE_TOO_LARGE } from '../../errors.ts'
import { type AdmissionLog, type BucketKind, type BucketState, type CountingRule, intern, ruleOf, type Unused } from '../../kind.ts'
import { durationText } from '../../options.ts'
import { SluiceError } from '../../sluice-error.ts'
import { floorDiv } from '../../whole-number.ts'
import { countingDecider } from '../counting.ts'
import { partOfWindow } from '../rate.ts'

/** A sliding window with `exact` or `slots`, as the decider uses it. */
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
  /** Microseconds in a slot; 1 for an exact window. */
  readonly tickUs: number
}

/** The largest capacity of an exact window: its log has up to an entry for each unit. */
export const mostLogged = 10_000

/** The longest window in microseconds, some 70 years: the end of it must stay below 2^53. Only small shares of long windows reach it. */
export const longestWindowUs: number = Math.floor(Number.MAX_SAFE_INTEGER / 4)

/** The rule for parsed numbers. @throws SluiceError `SLUICE_RULE_TOO_LARGE` */
export function slidingLogOf(shape: Pick<SlidingLogRule, 'capacity' | 'refill' | 'perMs' | 'periodUs' | 'tickUs'>): SlidingLogRule {
  const { capacity, refill, perMs, periodUs, tickUs } = shape
  return intern(`sliding-log ${capacity} ${refill}/${perMs} ${periodUs} ${tickUs}`, () => {
    if (periodUs > longestWindowUs) throw new SluiceError(SLUICE_RULE_TOO_LARGE, { capacity, per: durationText(perMs) })
    return ruleOf(slidingLogKind, { capacity, refill, perMs, periodUs, tickUs, scale: 1 })
  })
}

const nothingLogged: AdmissionLog = Object.freeze({ entries: [], length: 0, total: 0 })

/** Where the time and the units stand in an entry. */
const timeOf = 0
const unitsBefore = 1

/** Where the last entry begins whose time, or whose units before it, are at most a value; negative if there is none. */
function lastUpTo({ entries, length }: AdmissionLog, part: typeof timeOf | typeof unitsBefore, value: number): number {
  let low = -1
  let high = length / 2 - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (entries[2 * middle + part]! <= value) low = middle
    else high = middle - 1
  }
  return 2 * low
}

/** The units admitted up to the end of an entry. */
function unitsAfter({ entries, length, total }: AdmissionLog, at: number): number {
  return at + 2 < length ? entries[at + 2 + unitsBefore]! : total
}

/** The time at which an admission is entered: the start of its slot. */
function entryTime(at: Micros, { tickUs }: SlidingLogRule): Micros {
  return tickUs === 1 ? at : floorDiv(at, tickUs) * tickUs
}

/** How long an entry counts: as if its admissions came in the last microsecond of their slot. */
function countsUs({ periodUs, tickUs }: SlidingLogRule): Micros {
  return periodUs + tickUs - 1
}

function advance(state: BucketState, now: Micros, rule: SlidingLogRule): BucketState {
  const { used, last, log = nothingLogged } = state
  if (now > last) {
    const expired = lastUpTo(log, timeOf, now - countsUs(rule))
    return stateAt(now, expired < 0 ? used : Math.min(used, log.total - unitsAfter(log, expired)), log)
  }
  // A clock that went back further than the bucket takes to fill jumped there and back; the admissions go back with it.
  const timeToFull = used === 0 ? 0 : waitFor(rule.capacity, state, last, rule)
  if (last - now <= timeToFull) return state
  const moveUs = entryTime(now, rule) - entryTime(last, rule)
  const entries = log.entries.slice(0, log.length).map((value, i) => (i % 2 === timeOf ? value + moveUs : value))
  return stateAt(now, used, { ...log, entries })
}

/** A state with this log, or with an empty one where no entry counts any more. */
function stateAt(last: Micros, used: number, log: AdmissionLog): BucketState {
  return { used, last, carried: 0, log: used === 0 ? nothingLogged : log }
}

function debit({ used, last, log = nothingLogged }: BucketState, amount: number, rule: SlidingLogRule): BucketState {
  if (amount === 0) return { used, last, carried: 0, log }
  return stateAt(last, used + amount, withEntry(withoutExpired(log, used), entryTime(last, rule), amount))
}

/** Admissions at one time are one entry. */
function withEntry({ entries, length, total }: AdmissionLog, time: Micros, units: number): AdmissionLog {
  if (length > 0 && entries[length - 2]! >= time) return { entries, length, total: total + units }
  // The list is copied only if another log has continued it in another way.
  const isContinued = entries[length] === time && entries[length + 1] === total
  const list = length > 0 && (isContinued || entries.length === length) ? entries : entries.slice(0, length)
  if (list.length === length) list.push(time, total)
  return { entries: list, length: length + 2, total: total + units }
}

/** Expired entries are removed once they are half of the list, so that an admission moves few numbers on average. */
function withoutExpired(log: AdmissionLog, used: number): AdmissionLog {
  if (used === 0) return nothingLogged
  const { entries, length, total } = log
  const first = lastUpTo(log, unitsBefore, total - used)
  if (first < Math.max(64, length / 2) && total < mostTotal) return log
  const before = entries[first + unitsBefore]!
  const kept = entries.slice(first, length).map((value, i) => (i % 2 === timeOf ? value : value - before))
  return { entries: kept, length: kept.length, total: total - before }
}

/** Totals are counted anew from here on, so that they stay exact. */
const mostTotal = 2 ** 52

/** A cost waits for the last of the units that make room for it: the last of all for the whole capacity. */
function waitFor(units: number, { log = nothingLogged }: BucketState, now: Micros, rule: SlidingLogRule): Micros {
  const at = lastUpTo(log, unitsBefore, log.total - rule.capacity + units - 1)
  return log.entries[at + timeOf]! + countsUs(rule) - now
}

function returnable({ units, chargedAt }: Unused, now: Micros, rule: SlidingLogRule): number {
  return now - entryTime(chargedAt, rule) < countsUs(rule) ? units : 0
}

/** Takes from the admission it was charged with, and else from the oldest, which would have come back first. */
function giveBack({ used, last, log = nothingLogged }: BucketState, amount: number, rule: SlidingLogRule, chargedAt?: Micros): BucketState {
  const back = Math.min(used, amount)
  const time = chargedAt === undefined ? undefined : entryTime(chargedAt, rule)
  const own = time === undefined ? -1 : lastUpTo(log, timeOf, time)
  if (own < 0 || log.entries[own + timeOf] !== time) return stateAt(last, used - back, log)
  const counting = unitsAfter(log, own) - Math.max(log.entries[own + unitsBefore]!, log.total - used)
  const taken = Math.min(back, counting)
  return stateAt(last, used - back, taken > 0 ? withUnitsTaken(log, own, taken) : log)
}

/** A log whose entry at a place has so many units less; none is left of an entry without units. */
function withUnitsTaken(log: AdmissionLog, at: number, units: number): AdmissionLog {
  const kept = unitsAfter(log, at) - units > log.entries[at + unitsBefore]! ? at + 2 : at
  const entries = log.entries.slice(0, kept)
  for (let i = at + 2; i < log.length; i += 2) entries.push(log.entries[i + timeOf]!, log.entries[i + unitsBefore]! - units)
  return { entries, length: entries.length, total: log.total - units }
}

/** A sliding window with a log, as limiters and stores use it. */
export const slidingLogKind: BucketKind<SlidingLogRule> = {
  name: 'sliding-log',
  part: (rule, part) => slidingLogOf({ ...partOfWindow(rule, part), perMs: rule.perMs, tickUs: rule.tickUs }),
  ...countingDecider({
    advance,
    missing: (state) => state.used,
    lacking: (amount, now, rule) => debit({ used: 0, last: now, carried: 0 }, amount, rule),
    debit,
    returnable,
    giveBack,
    waitFor,
  }),
}
