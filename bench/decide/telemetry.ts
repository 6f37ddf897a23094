/** Counting decisions for metrics: by our telemetry, and as an application does it by hand with either library. */
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import type { SyncLimiter } from '@sluice/core'
import { createTelemetry } from '@sluice/telemetry'
import { Counter, Registry } from 'prom-client'
import type { Make, Run } from './contenders.ts'
import { byKey, consuming, limiterFor } from './sluice.ts'

/** With both exporters at once. */
export const withTelemetry: Make = (allowance) => {
  const limiter = limiterFor(allowance, [byKey(allowance)])
  const telemetry = createTelemetry({ limiters: [limiter] })
  telemetry.prometheus(new Registry())
  telemetry.openTelemetry(meter())
  return consuming(limiter)
}

/** A counter with two labels, raised for each decision. */
export const promClientInc: Make = (allowance) => {
  const name = 'decisions_total'
  const counter = new Counter({ name, help: name, labelNames: ['limit', 'outcome'], registers: [new Registry()] })
  return counting(limiterFor(allowance, [byKey(allowance)]), (outcome) => counter.inc({ limit: 'key', outcome }))
}

/** The same with OpenTelemetry. */
export const openTelemetryAdd: Make = (allowance) => {
  const counter = meter().createCounter('decisions')
  return counting(limiterFor(allowance, [byKey(allowance)]), (outcome) => counter.add(1, { limit: 'key', outcome }))
}

function counting(limiter: SyncLimiter<string>, count: (outcome: string) => void): Run {
  return (keys, from, to) => {
    let admitted = 0
    for (let i = from; i < to; i++) {
      const { allowed, outcome } = limiter.consume(keys[i]!)
      count(outcome)
      if (allowed) admitted++
    }
    return admitted
  }
}

function meter() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  return new MeterProvider({ readers: [reader] }).getMeter('bench')
}
