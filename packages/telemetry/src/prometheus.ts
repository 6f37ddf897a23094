/** Metrics for a registry of `prom-client` or `@prometheus-io/client`. Counters of theirs can only be raised; these are read when it is scraped. */
import type { Collected } from './collect.ts'
import { bounds, type MetricFacts, metrics } from './metrics.ts'
import type { Labels, Spread } from './series.ts'

/** A registry of either library. */
export interface PrometheusRegistry {
  registerMetric(metric: never): void
  removeSingleMetric(name: string): void
}

/** One value, as a registry writes it. */
interface Value {
  readonly value: number
  readonly labels: Labels
  readonly metricName?: string
}

/** What a registry asks of a metric. It changes `name` where it writes OpenMetrics. */
interface RegistryMetric {
  name: string
  readonly help: string
  readonly type: MetricFacts['type']
  readonly labelNames: readonly string[]
  /** How the processes of a cluster are put together. */
  readonly aggregator: 'sum'
  get(): Omit<RegistryMetric, 'get' | 'reset' | 'labelNames'> & { readonly values: readonly Value[] }
  reset(): void
}

/** Registers every metric. @returns what takes them out again */
export function registerIn(registry: PrometheusRegistry, { numbers, spreads }: Collected): () => void {
  const { storeDuration, wait, ...facts } = metrics
  const all = [
    ...Object.entries(facts).map(([id, of]) => registryMetric(of, () => numbersOf(numbers[id as keyof typeof facts]))),
    registryMetric(storeDuration, (name) => bucketsOf(spreads.storeDuration, name)),
    registryMetric(wait, (name) => bucketsOf(spreads.wait, name)),
  ]
  for (const metric of all) registry.registerMetric(metric as never)
  return () => {
    for (const { name } of Object.values(metrics)) registry.removeSingleMetric(name)
  }
}

function registryMetric({ name, help, type, labels }: MetricFacts, read: (name: string) => readonly Value[]): RegistryMetric {
  const metric: RegistryMetric = {
    name,
    help,
    type,
    labelNames: labels,
    aggregator: 'sum',
    get: () => ({ name: metric.name, help, type, aggregator: 'sum', values: read(metric.name) }),
    // A test of an application resets all metrics. These only grow, as their source does.
    reset() {},
  }
  return metric
}

function numbersOf(read: Collected['numbers'][keyof Collected['numbers']]): readonly Value[] {
  const values: Value[] = []
  read((labels, value) => values.push({ labels, value }))
  return values
}

function bucketsOf(spread: Spread, name: string): readonly Value[] {
  const values: Value[] = []
  for (const { labels, counts, sum } of spread.series()) {
    let total = 0
    bounds.forEach((bound, i) => {
      total += counts[i]!
      values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: String(bound) }, value: total })
    })
    total += counts[bounds.length]!
    values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: total })
    values.push({ metricName: `${name}_sum`, labels, value: sum }, { metricName: `${name}_count`, labels, value: total })
  }
  return values
}
