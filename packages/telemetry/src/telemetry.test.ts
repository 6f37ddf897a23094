import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { createLimiter, memoryStore, surviveOutages, tokenBucket } from '@sluice/core'
import { watchedLimiters } from '@sluice/core/internal'
import { manualClock } from '@sluice/core/testing'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { metrics, openTelemetryName } from './metrics.ts'
import type { ProviderEvent, ProviderSource } from './sources.ts'
import { createTelemetry } from './telemetry.ts'

const rule = tokenBucket({ capacity: 2, per: '1h' })

function scene() {
  const store = memoryStore({ maxBuckets: 100, clock: manualClock() })
  const limiter = createLimiter<string>({ limits: [{ name: 'user', by: (id) => id, rule }], store })
  const listeners = new Set<(event: ProviderEvent) => void>()
  const provider: ProviderSource = {
    name: 'llm',
    observe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    snapshot: () => ({ waiting: 3, inFlight: 2 }),
  }
  const tell = (event: ProviderEvent): void => {
    for (const listener of listeners) listener(event)
  }
  return { store, limiter, provider, tell, listeners }
}

/** The lines of a metric, without comments. */
const linesOf = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(name) && /[ {]/.test(line[name.length]!))

describe('in Prometheus', () => {
  test('each metric of the table is there, with its type and its help, and decisions by limit and outcome', async () => {
    const { store, limiter, provider, tell } = scene()
    const registry = new Registry()
    createTelemetry({ limiters: [limiter], stores: [store], providers: [provider] }).prometheus(registry)
    for (let i = 0; i < 3; i++) limiter.consume('ann')
    limiter.consume('bob', { cost: 3 })
    for (const waitedMs of [0.2, 30, 90_000]) tell({ type: 'sent', waitedMs })
    tell({ type: 'refused', refusal: { code: 'SLUICE_EGRESS_WAIT' } })
    tell({ type: 'retry', reason: 'failed' })
    tell({ type: 'limited' })
    tell({ type: 'outage', state: 'began' })
    const text = await registry.metrics()
    for (const { name, type, help } of Object.values(metrics)) expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`)
    expect(linesOf(text, 'sluice_decisions_total')).toEqual([
      'sluice_decisions_total{limit="user",outcome="allowed"} 1',
      'sluice_decisions_total{limit="user",outcome="near"} 1',
      'sluice_decisions_total{limit="user",outcome="limited"} 1',
      'sluice_decisions_total{limit="user",outcome="shadow_limited"} 0',
      'sluice_decisions_total{limit="user",outcome="impossible"} 1',
      'sluice_decisions_total{limit="user",outcome="unavailable"} 0',
    ])
    expect(linesOf(text, 'sluice_decided_by_total')[0]).toBe('sluice_decided_by_total{by="store"} 4')
    expect(linesOf(text, 'sluice_memory_buckets')).toEqual(['sluice_memory_buckets 1'])
    expect(linesOf(text, 'sluice_egress_waiting')).toEqual(['sluice_egress_waiting{provider="llm"} 3'])
    expect(linesOf(text, 'sluice_egress_refused_total')).toEqual([
      'sluice_egress_refused_total{provider="llm",code="SLUICE_EGRESS_WAIT"} 1',
    ])
    expect(linesOf(text, 'sluice_egress_store_away')).toEqual(['sluice_egress_store_away{provider="llm"} 1'])
    expect(linesOf(text, 'sluice_egress_wait_seconds_bucket').filter((line) => /"(0.0005|0.05|60|\+Inf)"/.test(line))).toEqual([
      'sluice_egress_wait_seconds_bucket{provider="llm",le="0.0005"} 1',
      'sluice_egress_wait_seconds_bucket{provider="llm",le="0.05"} 2',
      'sluice_egress_wait_seconds_bucket{provider="llm",le="60"} 2',
      'sluice_egress_wait_seconds_bucket{provider="llm",le="+Inf"} 3',
    ])
    expect(linesOf(text, 'sluice_egress_wait_seconds_sum')).toEqual(['sluice_egress_wait_seconds_sum{provider="llm"} 90.0302'])
  })

  test('a registry that writes OpenMetrics ends the name of a counter once', async () => {
    const { limiter } = scene()
    const registry = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>()
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    createTelemetry({ limiters: [limiter] }).prometheus(registry)
    limiter.consume('ann')
    const text = await registry.metrics()
    expect(text).toContain('# TYPE sluice_decisions counter\nsluice_decisions_total{limit="user",outcome="allowed"} 1\n')
    expect(text).not.toContain('total_total')
  })

  test('limits of one name are added up, and the number of series does not depend on keys', async () => {
    const limiters = [scene().limiter, scene().limiter]
    const registry = new Registry()
    createTelemetry({ limiters }).prometheus(registry)
    for (const limiter of limiters) for (let key = 0; key < 50; key++) limiter.consume(String(key))
    const text = await registry.metrics()
    expect(linesOf(text, 'sluice_decisions_total')).toHaveLength(6)
    expect(linesOf(text, 'sluice_decisions_total')[0]).toBe('sluice_decisions_total{limit="user",outcome="allowed"} 100')
    expect(text).not.toMatch(/"(49|ann)"/)
  })

  test('nothing is left of it after `close`', async () => {
    const { limiter, provider, listeners } = scene()
    const registry = new Registry()
    const telemetry = createTelemetry({ limiters: [limiter], providers: [provider] })
    telemetry.prometheus(registry)
    telemetry.close()
    expect([listeners.size, await registry.metrics()]).toEqual([0, '\n'])
  })
})

test('in OpenTelemetry each metric has its name and its figures', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  const { store, limiter, provider: llm, tell } = scene()
  const telemetry = createTelemetry({ limiters: [limiter], stores: [store], providers: [llm] })
  telemetry.openTelemetry(provider.getMeter('sluice'))
  for (let i = 0; i < 3; i++) limiter.consume('ann')
  tell({ type: 'sent', waitedMs: 30 })
  await reader.forceFlush()
  const written = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
  const points = (name: string) =>
    written.find(({ descriptor }) => descriptor.name === name)?.dataPoints.map(({ attributes, value }) => [attributes, value])
  expect(points('sluice.decisions')?.slice(0, 3)).toEqual([
    [{ limit: 'user', outcome: 'allowed' }, 1],
    [{ limit: 'user', outcome: 'near' }, 1],
    [{ limit: 'user', outcome: 'limited' }, 1],
  ])
  expect(points('sluice.memory.buckets')).toEqual([[{}, 1]])
  expect(points('sluice.egress.wait')).toEqual([[{ provider: 'llm' }, expect.objectContaining({ count: 1, sum: 0.03 })]])
  const names = new Set(Object.values(metrics).map(openTelemetryName))
  for (const { descriptor } of written) expect(names).toContain(descriptor.name)
  telemetry.close()
  await provider.shutdown()
})

test('an outage of a store is counted by its cause, and is over when it ends', async () => {
  let isAway = false
  const inner = memoryStore({ clock: manualClock() })
  const store = surviveOutages(
    {
      ...inner,
      sync: false,
      async decide(call) {
        if (isAway) throw Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })
        return inner.decide(call)
      },
    },
    { timeout: '1s', processes: 1 },
  )
  const limiter = createLimiter<string>({ limits: [{ name: 'user', by: (id) => id, rule, onOutage: 'allow' }], store })
  const registry = new Registry()
  createTelemetry({ limiters: [limiter] }).prometheus(registry)
  await limiter.consume('ann')
  isAway = true
  for (let i = 0; i < 25; i++) await limiter.consume('ann')
  const text = await registry.metrics()
  expect(linesOf(text, 'sluice_outages_total')).toEqual(['sluice_outages_total{code="ECONNREFUSED"} 1'])
  expect(linesOf(text, 'sluice_store_away')).toEqual(['sluice_store_away 1'])
  expect(linesOf(text, 'sluice_store_duration_seconds_count')).toContainEqual(
    'sluice_store_duration_seconds_count{verb="decide",result="answered"} 1',
  )
  await store.close()
})

test('no event is made of a decision', () => {
  const { limiter } = scene()
  createTelemetry({ limiters: [limiter] })
  const made: string[] = []
  limiter.observe(({ type }) => made.push(type), { types: ['ban'] })
  limiter.consume('ann')
  expect([made, watchedLimiters([limiter], [])[0]!.counts.limits.size]).toEqual([[], 1])
})

test.each([
  ['limiters[0]', { limiters: [{ observe: () => () => undefined }] }],
  ['limiters', { limiters: scene().limiter }],
  ['stores[0]', { stores: [{}] }],
  ['providers[0]', { providers: [null] }],
  ['providers[1]', { providers: [scene().provider, scene().provider] }],
])('a wrong source is refused, and %s is named', (option, sources) => {
  expect(() => createTelemetry(sources as never)).toThrow(
    expect.objectContaining({ code: 'SLUICE_OPTION_TYPE', message: expect.stringContaining(option) }),
  )
})

test('what is no registry and no meter is refused', () => {
  const telemetry = createTelemetry({})
  expect(() => telemetry.prometheus({} as never)).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_TYPE' }))
  expect(() => telemetry.openTelemetry({} as never)).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_TYPE' }))
})
