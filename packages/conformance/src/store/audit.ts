/**
 * Rule 3, audited: over every interval of a history, what a bucket admitted against what it may admit.
 *
 * Units are counted when they are admitted: a reservation by what was finally used of it, a debt when it is charged. Let an interval
 * end with an admission, and C be the largest capacity in force in it; where every change keeps what was used, the latest. Then
 *
 *     admitted + owed <= C + credit + gifts + C * resets
 *
 * where `credit` is what time brought back within it at the rules in force. It is R*t/P for a greedy bucket. For an interval bucket it is R
 * for each boundary, at most R*ceil(t/P). This has two reasons, with D for the missing units:
 *
 * - After an admission D is at most the capacity.
 * - All open reservations together can give back at most D. Time that passes lowers each of them in full, but D only once.
 *
 * Changes of the rule keep this bound (`migrate.ts`), because a reservation returns nothing after one (`bucket.ts`).
 *
 * `gifts` are what operators refund. A gift also frees what was reserved before it, so gifts count from the earliest charge of any
 * reservation that is returned within the interval. `resets` are the resets within the interval, by an operator or by a change of the rule
 * that keeps nothing. Each fills the bucket once, and forgives what is owed; the reservations from before it return nothing.
 */
import type { Micros, TokenBucketRule } from '@sluice/core'
import type { History, Outcome } from './history.ts'
import { type Trace, tracesOf } from './trace.ts'

/** An interval in which a bucket admitted more than it may. */
export interface OverAdmission {
  readonly bucket: string
  readonly fromUs: Micros
  readonly toUs: Micros
  readonly admitted: number
  readonly bound: number
}

/** The first interval of a history with too much in it. Valid for token buckets and a clock that goes forward. */
export function overAdmission(history: History, outcomes: readonly Outcome[]): OverAdmission | undefined {
  const traces = tracesOf(history, outcomes)
  const forgives = mayForgive(history)
  for (const trace of traces) {
    const found = overAdmissionIn(trace, forgives)
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether some change may have forgiven what was used. Of steps that do not say how they change a bucket the history does. */
function mayForgive({ steps, migrate }: History): boolean {
  return steps.some((step) => ('migrate' in step ? step.migrate : migrate) !== 'keepUsed')
}

function overAdmissionIn(trace: Trace, forgives: boolean): OverAdmission | undefined {
  const parts = partsOf(trace)
  for (const [to, { what }] of trace.events.entries()) {
    const found = what === 'charge' ? overAdmissionUpTo(trace, to, forgives, parts) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** The latest interval with too much in it that ends with this event. */
function overAdmissionUpTo(trace: Trace, to: number, forgives: boolean, parts: bigint): OverAdmission | undefined {
  const { bucket, events } = trace
  const end = events[to]!
  let admitted = 0
  let resets = 0n
  let giftsSince = end.at
  for (let from = to; from >= 0; from--) {
    const { at, what, units, chargedAt } = events[from]!
    if (what === 'charge' || (what === 'debt' && resets === 0n)) admitted += units
    if (what === 'reset') resets++
    if (what === 'return' || what === 'gift') giftsSince = Math.min(giftsSince, chargedAt)
    if (events[from - 1]?.at === at) continue
    const largest = BigInt(largestCapacity(trace, at, end.at))
    const capacity = (forgives ? largest : BigInt(end.capacity)) + resets * largest
    const bound = (capacity + giftsIn(trace, Math.min(at, giftsSince), to)) * parts + credit(trace, at, end.at, parts)
    if (BigInt(admitted) * parts > bound) return { bucket, fromUs: at, toUs: end.at, admitted, bound: Number(bound) / Number(parts) }
  }
  return undefined
}

function largestCapacity({ inForce }: Trace, fromUs: Micros, toUs: Micros): number {
  const overlapping = inForce.filter(({ from }, i) => from <= toUs && (inForce[i + 1]?.from ?? toUs) >= fromUs)
  return Math.max(...overlapping.flatMap(({ rules }) => rules.map(({ capacity }) => capacity)))
}

/** A number of parts of a unit in which every rule of the trace counts whole. */
function partsOf({ inForce }: Trace): bigint {
  const scales = new Set(inForce.flatMap(({ rules }) => rules.map((rule) => BigInt(rule.scale))))
  return [...scales].reduce((product, scale) => product * scale, 1n)
}

function giftsIn({ events }: Trace, from: Micros, to: number): bigint {
  let units = 0n
  for (const event of events.slice(0, to)) if (event.what === 'gift' && event.at >= from) units += BigInt(event.units)
  return units
}

/** What time brings back, in parts of a unit; at the fastest of the rules where the answers leave open which one was in force. */
function credit({ inForce }: Trace, fromUs: Micros, toUs: Micros, parts: bigint): bigint {
  let sum = 0n
  for (const [i, { from, rules }] of inForce.entries()) {
    const [start, end] = [Math.max(from, fromUs), Math.min(inForce[i + 1]?.from ?? toUs, toUs)]
    if (start >= end) continue
    let most = 0n
    for (const rule of rules) {
      const brought = creditOf(rule as TokenBucketRule, start, end, parts)
      if (brought > most) most = brought
    }
    sum += most
  }
  return sum
}

function creditOf(rule: TokenBucketRule, from: Micros, to: Micros, parts: bigint): bigint {
  const tick = rule.mode === 'greedy' ? 1 : rule.periodUs
  const ticks = BigInt(Math.floor(to / tick) - Math.floor(from / tick))
  return BigInt(rule.rate) * ticks * (parts / BigInt(rule.scale))
}
