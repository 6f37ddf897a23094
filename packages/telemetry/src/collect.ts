/** Collecting: what happens is added to plain numbers, and what can be read when a collector asks is read then. */
import type { LimiterEvent } from '@sluice/core'
import { deciders, outcomes } from '@sluice/core/internal'
import { type MetricId, metrics } from './metrics.ts'
import { type Emit, type Spread, spread, type Tally, tally } from './series.ts'
import type { CheckedSources, ProviderEvent, ProviderSource } from './sources.ts'

type HistogramId = 'storeDuration' | 'wait'
type NumberId = Exclude<MetricId, HistogramId>

/** The figures of some sources. */
export interface Collected {
  /** Reads a counter or a gauge: each series at its value of now. */
  readonly numbers: Readonly<Record<NumberId, (emit: Emit) => void>>
  readonly spreads: Readonly<Record<HistogramId, Spread>>
  /** Listens no longer. */
  close(): void
}

/** Begins to count. */
export function collect({ limiters, memory, redis, providers }: CheckedSources): Collected {
  const tallies = {
    delays: tally(metrics.delays.labels),
    bans: tally(metrics.bans.labels),
    faults: tally(metrics.faults.labels),
    outages: tally(metrics.outages.labels),
    refused: tally(metrics.refused.labels),
    retries: tally(metrics.retries.labels),
    limited: tally(metrics.limited.labels),
  }
  const spreads = { storeDuration: spread(metrics.storeDuration.labels), wait: spread(metrics.wait.labels) }
  /** What does not answer now: limiters, and providers by name. */
  const away = new Set<unknown>()
  const stops = [
    ...limiters.map(({ admin }) =>
      admin.observe((event) => hear(event, admin, { ...tallies, storeDuration: spreads.storeDuration, away }), {
        types: ['store', 'delay', 'ban', 'fault', 'outage'],
      }),
    ),
    ...providers.map((provider) => provider.observe((event) => hearProvider(event, provider, { ...tallies, wait: spreads.wait, away }))),
  ]
  const ofProviders = (of: (provider: ProviderSource) => number) => (emit: Emit) => {
    for (const provider of providers) emit({ provider: provider.name }, of(provider))
  }
  return {
    numbers: {
      delays: tallies.delays.read,
      bans: tallies.bans.read,
      faults: tallies.faults.read,
      outages: tallies.outages.read,
      refused: tallies.refused.read,
      retries: tallies.retries.read,
      limited: tallies.limited.read,
      decisions: (emit) => readDecisions(limiters, emit),
      decidedBy(emit) {
        for (const [i, by] of deciders.entries()) {
          const total = limiters.reduce((sum, { counts }) => sum + counts.deciders[i]!, 0)
          emit({ by }, total)
        }
      },
      away: (emit) => emit({}, limiters.filter(({ admin }) => away.has(admin)).length),
      buckets: sumOver(memory, ({ buckets }) => buckets),
      room: sumOver(memory, ({ maxBuckets }) => maxBuckets),
      overflowing: sumOver(memory, ({ overflowing }) => overflowing.length),
      scripts: sumOver(redis, ({ scripts }) => scripts),
      scriptCalls: sumOver(redis, ({ calls }) => calls),
      remembered: sumOver(redis, ({ remembered }) => remembered),
      waiting: ofProviders((provider) => provider.snapshot().waiting),
      inFlight: ofProviders((provider) => provider.snapshot().inFlight),
      providerAway: ofProviders((provider) => (away.has(provider) ? 1 : 0)),
    },
    spreads,
    close() {
      for (const stop of stops) stop()
    },
  }
}

/** The sum of a figure of some stores; no series where there is no such store. */
function sumOver<U>(stores: readonly { usage(): U }[], of: (usage: U) => number): (emit: Emit) => void {
  return (emit) => {
    if (stores.length > 0)
      emit(
        {},
        stores.reduce((total, store) => total + of(store.usage()), 0),
      )
  }
}

/** Limits of one name are added up, whichever limiter has them. */
function readDecisions(limiters: CheckedSources['limiters'], emit: Emit): void {
  const sums = new Map<string, number[]>()
  for (const { counts } of limiters) {
    for (const [limit, row] of counts.limits) {
      const sum = sums.get(limit) ?? outcomes.map(() => 0)
      sums.set(limit, sum)
      for (let i = 0; i < sum.length; i++) sum[i]! += row[i]!
    }
  }
  for (const [limit, sum] of sums) {
    for (const [i, outcome] of outcomes.entries()) emit({ limit, outcome }, sum[i]!)
  }
}

interface LimiterFigures {
  readonly delays: Tally
  readonly bans: Tally
  readonly faults: Tally
  readonly outages: Tally
  readonly storeDuration: Spread
  readonly away: Set<unknown>
}

function hear(event: LimiterEvent, source: unknown, { delays, bans, faults, outages, storeDuration, away }: LimiterFigures): void {
  if (event.type === 'store') storeDuration.add(event.durationMs / 1000, event.verb, event.result)
  else if (event.type === 'delay') delays.add(event.limit, String(event.refused))
  else if (event.type === 'ban') bans.add(event.limit)
  else if (event.type === 'fault') faults.add(event.error.code)
  else if (event.type === 'outage' && event.state === 'ended') away.delete(source)
  else if (event.type === 'outage') {
    away.add(source)
    outages.add(event.code)
  }
}

interface ProviderFigures {
  readonly refused: Tally
  readonly retries: Tally
  readonly limited: Tally
  readonly wait: Spread
  readonly away: Set<unknown>
}

function hearProvider(event: ProviderEvent, provider: ProviderSource, { refused, retries, limited, wait, away }: ProviderFigures): void {
  const { name } = provider
  if (event.type === 'sent') wait.add(Number(event.waitedMs) / 1000, name)
  else if (event.type === 'refused') refused.add(name, String(event.refusal?.code))
  else if (event.type === 'retry') retries.add(name, String(event.reason))
  else if (event.type === 'limited') limited.add(name)
  else if (event.type === 'outage' && event.state === 'ended') away.delete(provider)
  else if (event.type === 'outage') away.add(provider)
}
