/** Metrics for a meter of OpenTelemetry: one callback reads all counters and gauges when a reader collects. */
import type { BatchObservableCallback, Meter, Observable } from '@opentelemetry/api'
import type { Collected } from './collect.ts'
import { bounds, type MetricFacts, metrics, openTelemetryName } from './metrics.ts'

/** Makes the instruments. @returns what takes them out of use */
export function observeWith(meter: Meter, { numbers, spreads }: Collected): () => void {
  const { storeDuration, wait, ...facts } = metrics
  const observables = Object.entries(facts).map(([id, of]) => ({
    observable: instrumentOf(meter, of),
    read: numbers[id as keyof typeof facts],
  }))
  const callback: BatchObservableCallback = (result) => {
    for (const { observable, read } of observables) read((labels, value) => result.observe(observable, value, labels))
  }
  const all = observables.map(({ observable }) => observable)
  meter.addBatchObservableCallback(callback, all)
  const stops = [[storeDuration, spreads.storeDuration] as const, [wait, spreads.wait] as const].map(([of, spread]) => {
    const options = { description: of.help, unit: 's', advice: { explicitBucketBoundaries: [...bounds] } }
    const histogram = meter.createHistogram(openTelemetryName(of), options)
    return spread.listen((labels, seconds) => histogram.record(seconds, labels))
  })
  return () => {
    meter.removeBatchObservableCallback(callback, all)
    for (const stop of stops) stop()
  }
}

function instrumentOf(meter: Meter, of: MetricFacts): Observable {
  const [name, options] = [openTelemetryName(of), { description: of.help }]
  return of.type === 'counter' ? meter.createObservableCounter(name, options) : meter.createObservableGauge(name, options)
}
