/** What happened to each bucket in the course of a history, read from the answers of the store alone. */

import type { CountingRule, LimitStatus, Micros } from '@sluice/core'
import type { Ask, History, HistoryStep, Outcome } from './history.ts'
import { handleLifetimeUs } from './reference-holds.ts'

/** Something that changed what a bucket can admit. */
export interface TraceEvent {
  readonly at: Micros
  /** `reset` fills the bucket: an operator did, or a change of the rule that keeps nothing. */
  readonly what: 'charge' | 'debt' | 'gift' | 'return' | 'reset'
  /** Units; those of a charge without what a later return gave back of it. */
  readonly units: number
  /** When what is returned was charged. */
  readonly chargedAt: Micros
  /** Of the rule that decided. */
  readonly capacity: number
}

/** The rule in force from a time on; several where the answers leave it open. */
export interface InForce {
  readonly from: Micros
  readonly rules: readonly CountingRule[]
}

/** One bucket's story. */
export interface Trace {
  readonly bucket: string
  readonly events: TraceEvent[]
  readonly inForce: InForce[]
}

/** One bucket's part in a hold. */
interface Held {
  readonly trace: Trace
  readonly at: Micros
  readonly units: number
  /** Where the charge is among the events of the trace. */
  readonly event: number
  readonly rule: CountingRule
}

type Decided = Extract<HistoryStep, { do: 'consume' | 'peek' | 'reserve' }>

/** The stories of all buckets of a history. */
export function tracesOf({ limits, migrate }: History, outcomes: readonly Outcome[]): Trace[] {
  const traces = new Map<string, Trace>()
  /** Every hold that was made. */
  const holds: { readonly charged: readonly Held[]; open: boolean; since: Micros }[] = []

  function traceOf({ limit, key }: Ask): Trace {
    const bucket = `${limits[limit]!.facts.name} ${key}`
    const trace = traces.get(bucket) ?? { bucket, events: [], inForce: [] }
    traces.set(bucket, trace)
    return trace
  }

  function tracesOfLimit({ limit }: Ask): Trace[] {
    return [...traces.values()].filter(({ bucket }) => bucket.startsWith(`${limits[limit]!.facts.name} `))
  }

  function pays({ do: action }: Decided, { limit }: Ask): boolean {
    return action === 'consume' || (action === 'reserve' && limits[limit]!.facts.debit === 'before')
  }

  function decided(step: Decided, at: Micros, allowed: boolean, statuses: readonly LimitStatus[], holding: boolean): void {
    // A refusal changes no bucket that an earlier stage holds.
    const unchanged = allowed ? [] : step.undo.flatMap((back) => holds.at(-1 - back)?.charged.map((held) => held.trace) ?? [])
    const held = step.asks.flatMap((ask, i): Held[] => {
      const trace = traceOf(ask)
      const rule = statuses[i]!.rule as CountingRule
      if (step.do !== 'peek' && !unchanged.includes(trace)) {
        const changes = putInForce(trace, at, [rule])
        if (changes && (step.migrate ?? migrate) === 'reset') trace.events.push(eventOf('reset', at, 0))
      }
      if (!allowed || !statuses[i]!.allowed) return []
      const units = pays(step, ask) ? statuses[i]!.cost : 0
      if (units > 0) trace.events.push({ at, what: 'charge', units, chargedAt: at, capacity: rule.capacity })
      return [{ trace, at, units, event: trace.events.length - 1, rule }]
    })
    const isInTime = (back: number): boolean => at - (holds.at(-1 - back)?.since ?? at) <= handleLifetimeUs
    if (!allowed) for (const back of step.undo.filter(isInTime)) settled(holds.length - 1 - back, at, () => 0)
    if (holding) holds.push({ charged: held, open: true, since: at })
  }

  function settled(hold: number, at: Micros, actual: (i: number, units: number) => number): void {
    const made = holds[hold]
    if (made === undefined || !made.open) return
    made.open = false
    for (const [i, held] of made.charged.entries()) settledOne(held, at, actual(i, held.units))
  }

  for (const { step, nowUs, verdict, held, settled: answer, renewed } of outcomes) {
    if (verdict !== undefined) decided(step as Decided, nowUs, verdict.allowed, verdict.limits, held !== null)
    if (step.do === 'settle' && answer?.first === true) {
      settled(holds.length - 1 - step.hold, nowUs, (i, units) => (step.actual[i] ?? units) - answer.excess[i]!)
    }
    if (step.do === 'renew' && renewed === true) holds.at(-1 - step.hold)!.since = nowUs
    if (step.do === 'reset') traceOf(step.ask).events.push(eventOf('reset', nowUs, 0))
    if (step.do === 'resetAll') for (const trace of tracesOfLimit(step.ask)) trace.events.push(eventOf('reset', nowUs, 0))
    if (step.do === 'refund') for (const ask of step.asks) traceOf(ask).events.push(eventOf('gift', nowUs, ask.cost))
  }
  return [...traces.values()]
}

function settledOne({ trace, at, units, event, rule }: Held, now: Micros, used: number): void {
  const { events, inForce } = trace
  if (used > units) {
    events.push(eventOf('debt', now, used - units))
    putInForce(trace, now, [...(inForce.at(-1)?.rules ?? []), rule])
  }
  if (used < units) {
    events[event] = { ...events[event]!, units: used }
    events.push(eventOf('return', now, units - used, at))
  }
}

function eventOf(what: TraceEvent['what'], at: Micros, units: number, chargedAt: Micros = at): TraceEvent {
  return { at, what, units, chargedAt, capacity: 0 }
}

/** @returns whether that may have been a change */
function putInForce({ inForce }: Trace, from: Micros, rules: readonly CountingRule[]): boolean {
  const before = new Set(inForce.at(-1)?.rules)
  const distinct = new Set(rules)
  const changes = distinct.size !== before.size || [...distinct].some((rule) => !before.has(rule))
  if (changes) inForce.push({ from, rules: [...distinct] })
  return changes
}
