/** Taking the figures of this process: counters are read once a second, and rare events are added to plain numbers. */
import type { DecisionEvent, LimiterEvent, MemoryUsage } from '@sluice/core'
import type { LimitRates, ProcessFigures, ProviderFigures } from './figures.ts'
import { idOfKey } from './key-names.ts'
import { latencies } from './latencies.ts'
import { type SecondsRing, secondsRing } from './seconds-ring.ts'
import type { CheckedView, LiveLimiter, LiveProvider, LiveStore } from './sources.ts'
import { type RecentKeys, recentKeys } from './top-keys.ts'
import { troubles } from './troubles.ts'

/** What is taken of this process. */
export interface Sampler {
  /** Reads the counters. Call it once a second. */
  sample(nowMs: number): void
  figures(nowMs: number): ProcessFigures
  /** The last fifteen minutes of all decisions, or of one limit. `undefined` for a limit without figures. */
  series(limit: string | undefined): LiveSeries | undefined
  /** Listens no longer. */
  close(): void
}

/** A chart: one number for each of 900 seconds, `null` before the first. */
export interface LiveSeries {
  /** The second of the last numbers, since 1970. */
  readonly second: number
  readonly admitted: readonly (number | null)[]
  readonly refused: readonly (number | null)[]
}

/** Limits with a ring of their own, and so with figures. Names come from the code of an application, and few have more. */
const mostLimits = 200
/** Seconds over which rates are taken. */
const rateSeconds = 10
/** Keys that a sketch holds, and keys that one process tells of. */
const mostSketched = 500
const mostListed = 50

/** So many refusals of a second are counted each. Of more, one in sixteen is counted sixteen times, so that a flood costs little. */
const mostExact = 1000
const sampleOf = 16

/** In the order of a row of a ring. */
const [admitted, near, refused, shadow] = [0, 1, 2, 3]

/** @param id - names the process */
export function sampler({ limiters, stores, providers }: CheckedView, id: string, nowMs: () => number): Sampler {
  const begin = Math.floor(nowMs() / 1000)
  const total = secondsRing(2, begin)
  const deciders = secondsRing(4, begin)
  const limits = new Map<string, SecondsRing>()
  const calls = latencies()
  const keys = recentKeys(mostSketched)
  const trouble = troubles()
  /** Decisions that refused, since the start. */
  let refusals = 0
  let before = readCounts(limiters)
  let refusalsBefore = 0

  const hear = (admin: object) => (event: LimiterEvent) => {
    if (event.type === 'decision') {
      refusals += 1
      const inSecond = refusals - refusalsBefore
      if (inSecond <= mostExact) addKeys(keys, event, nowMs(), 1)
      else if (inSecond % sampleOf === 0) addKeys(keys, event, nowMs(), sampleOf)
    } else if (event.type === 'store') calls.add(event.durationMs, nowMs())
    else if (event.type === 'fault') trouble.fault(event, nowMs())
    else if (event.type === 'outage') trouble.outage(admin, null, event, nowMs())
  }
  const stops = limiters.map(({ admin }) =>
    admin.observe(hear(admin), { types: ['decision', 'store', 'fault', 'outage'], refusedOnly: true }),
  )
  const calling = providers.map((provider) =>
    providerCalls(provider, begin, (event) => trouble.outage(provider, provider.name, event, nowMs())),
  )

  return {
    sample(now) {
      const second = Math.floor(now / 1000)
      const counts = readCounts(limiters)
      const byDecider = counts.deciders.map((count, i) => count - before.deciders[i]!)
      const decisions = byDecider.reduce((sum, count) => sum + count, 0)
      total.push(second, [decisions, Math.min(decisions, refusals - refusalsBefore)])
      deciders.push(second, byDecider)
      for (const [name, row] of counts.limits) {
        const known = limits.get(name) ?? (limits.size < mostLimits ? secondsRing(4, begin) : undefined)
        if (known === undefined) continue
        limits.set(name, known)
        const last = before.limits.get(name)
        known.push(
          second,
          row.map((count, i) => count - (last?.[i] ?? 0)),
        )
      }
      before = counts
      refusalsBefore = refusals
      for (const one of calling) one.sample(second)
    },
    figures(now) {
      const [decided, refusedOf] = total.rates(rateSeconds)
      const [decisions, refusedLatest] = total.latest()
      return {
        id,
        atMs: now,
        decisions: decided!,
        refused: refusedOf!,
        latest: { decisions: decisions!, refused: refusedLatest! },
        limits: Object.fromEntries([...limits].map(([name, ring]) => [name, ratesOf(ring)])),
        latestOfLimits: Object.fromEntries([...limits].map(([name, ring]) => [name, [ring.latest()[admitted]!, ring.latest()[refused]!]])),
        deciders: deciders.rates(rateSeconds),
        latency: calls.counts(now),
        ...usageOf(stores),
        outages: trouble.outages(),
        faults: trouble.faults(now),
        keys: keys.top(mostListed, now),
        providers: calling.map((one) => one.figures()),
      }
    },
    series(limit) {
      const ring = limit === undefined ? total : limits.get(limit)
      if (ring === undefined) return undefined
      const lost = ring.series(limit === undefined ? 1 : refused)
      const decided = ring.series(0)
      const passed = limit === undefined ? decided.map((count, i) => (count === null ? null : count - lost[i]!)) : decided
      return { second: ring.second(), admitted: passed, refused: lost }
    },
    close() {
      for (const stop of stops) stop()
      for (const { stop } of calling) stop()
    },
  }
}

function usageOf(stores: readonly LiveStore[]): Pick<ProcessFigures, 'usage' | 'roundTrips'> {
  const usage: MemoryUsage[] = []
  const roundTrips = { scripts: 0, calls: 0 }
  for (const store of stores) {
    const one = store.usage()
    if ('buckets' in one) usage.push(one)
    else {
      roundTrips.scripts += one.scripts
      roundTrips.calls += one.calls
    }
  }
  return { usage, roundTrips }
}

function ratesOf(ring: SecondsRing): LimitRates {
  const rates = ring.rates(rateSeconds)
  return { admitted: rates[admitted]!, near: rates[near]!, refused: rates[refused]!, shadow: rates[shadow]! }
}

/** Counts since the start, of all limiters. A row has the order of a ring. */
function readCounts(limiters: readonly LiveLimiter[]): { readonly limits: Map<string, number[]>; readonly deciders: readonly number[] } {
  const limits = new Map<string, number[]>()
  const deciders = [0, 0, 0, 0]
  for (const { counts } of limiters) {
    for (let i = 0; i < deciders.length; i++) deciders[i]! += counts.deciders[i]!
    for (const [name, [allowed, nearly, limited, shadowed, impossible, unavailable]] of counts.limits) {
      const row = limits.get(name) ?? [0, 0, 0, 0]
      limits.set(name, row)
      row[admitted]! += allowed! + nearly! + shadowed!
      row[near]! += nearly!
      row[refused]! += limited! + impossible! + unavailable!
      row[shadow]! += shadowed!
    }
  }
  return { limits, deciders }
}

/** The limits that refused, each with its key. */
function addKeys(keys: RecentKeys, { limits }: DecisionEvent, nowMs: number, weight: number): void {
  for (const { limit, key, outcome } of limits) {
    if (key !== null && (outcome === 'limited' || outcome === 'impossible')) keys.add(idOfKey(limit, key), nowMs, weight)
  }
}

/** In the order of a row of the ring of a provider. */
const [sent, turnedAway, limited] = [0, 1, 2]
const placeOf: Readonly<Record<string, number>> = { sent, refused: turnedAway, limited }

function providerCalls(
  provider: LiveProvider,
  begin: number,
  outage: (event: Parameters<Parameters<LiveProvider['observe']>[0]>[0]) => void,
) {
  const ring = secondsRing(3, begin)
  let counts = [0, 0, 0]
  const stop = provider.observe((event) => {
    const place = placeOf[event.type]
    if (place !== undefined) counts[place]! += 1
    else if (event.type === 'outage') outage(event)
  })
  return {
    sample(second: number): void {
      ring.push(second, counts)
      counts = [0, 0, 0]
    },
    figures(): ProviderFigures {
      const { name, limits } = provider
      const { waiting, inFlight, waitMs } = provider.snapshot()
      const minute = ring.sums(60)
      return {
        name,
        limits,
        waiting,
        inFlight,
        waitMs,
        sent: minute[sent]!,
        refused: minute[turnedAway]!,
        limited: minute[limited]!,
      }
    },
    stop,
  }
}
