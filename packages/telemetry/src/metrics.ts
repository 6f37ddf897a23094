/** The metrics: every name, type and label that an exporter writes. The guide "Metrics" has the same table, and a test holds them equal. */

/** What a metric is, before it has any values. */
export interface MetricFacts {
  /** In Prometheus. In OpenTelemetry it is {@link openTelemetryName}. */
  readonly name: `sluice_${string}`
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
}

/** Upper bounds of the buckets of a histogram, in seconds. */
export const bounds: readonly number[] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** A metric, by the name that our code has for it. */
export type MetricId =
  | 'decisions'
  | 'decidedBy'
  | 'delays'
  | 'bans'
  | 'faults'
  | 'outages'
  | 'away'
  | 'storeDuration'
  | 'buckets'
  | 'room'
  | 'overflowing'
  | 'scripts'
  | 'scriptCalls'
  | 'remembered'
  | 'waiting'
  | 'inFlight'
  | 'wait'
  | 'refused'
  | 'retries'
  | 'limited'
  | 'providerAway'

/** Every metric. No label holds a key, an address or a secret: their values are names and codes. */
export const metrics: Readonly<Record<MetricId, MetricFacts>> = {
  decisions: {
    name: 'sluice_decisions_total',
    type: 'counter',
    help: 'Decisions for a limit: allowed, near, limited, shadow_limited, impossible or unavailable.',
    labels: ['limit', 'outcome'],
  },
  decidedBy: {
    name: 'sluice_decided_by_total',
    type: 'counter',
    help: 'Decisions by who made them: the store, a cache, this process while the store was away (local), or none.',
    labels: ['by'],
  },
  delays: {
    name: 'sluice_delays_total',
    type: 'counter',
    help: 'Requests that slowDown made wait, or refused because too many waited already.',
    labels: ['limit', 'refused'],
  },
  bans: { name: 'sluice_bans_total', type: 'counter', help: 'Keys that were blocked for too many refusals.', labels: ['limit'] },
  faults: {
    name: 'sluice_faults_total',
    type: 'counter',
    help: 'Functions of the application that failed, and settlements that came too late.',
    labels: ['code'],
  },
  outages: { name: 'sluice_outages_total', type: 'counter', help: 'Outages of a store, by what it failed with.', labels: ['code'] },
  away: { name: 'sluice_store_away', type: 'gauge', help: 'Limiters and guards whose store does not answer now.', labels: [] },
  storeDuration: {
    name: 'sluice_store_duration_seconds',
    type: 'histogram',
    help: 'Time of a call of an asynchronous store: answered, failed, or late.',
    labels: ['verb', 'result'],
  },
  buckets: { name: 'sluice_memory_buckets', type: 'gauge', help: 'Buckets that memory stores hold.', labels: [] },
  room: { name: 'sluice_memory_buckets_max', type: 'gauge', help: 'Buckets that memory stores hold at most.', labels: [] },
  overflowing: {
    name: 'sluice_memory_overflowing_limits',
    type: 'gauge',
    help: 'Limits whose new keys share one bucket, because a memory store is full.',
    labels: [],
  },
  scripts: { name: 'sluice_redis_scripts_total', type: 'counter', help: 'Scripts by which Redis stores decided: round trips.', labels: [] },
  scriptCalls: {
    name: 'sluice_redis_script_calls_total',
    type: 'counter',
    help: 'Calls that these scripts decided. More than one call in a script is a group.',
    labels: [],
  },
  remembered: {
    name: 'sluice_redis_remembered_refusals',
    type: 'gauge',
    help: 'Buckets of which Redis stores remember a refusal.',
    labels: [],
  },
  waiting: { name: 'sluice_egress_waiting', type: 'gauge', help: 'Calls that wait for a provider in this process.', labels: ['provider'] },
  inFlight: { name: 'sluice_egress_in_flight', type: 'gauge', help: 'Calls that a provider has not answered yet.', labels: ['provider'] },
  wait: {
    name: 'sluice_egress_wait_seconds',
    type: 'histogram',
    help: 'Time from the arrival of a call to its permit.',
    labels: ['provider'],
  },
  refused: {
    name: 'sluice_egress_refused_total',
    type: 'counter',
    help: 'Calls that were refused before they were sent.',
    labels: ['provider', 'code'],
  },
  retries: {
    name: 'sluice_egress_retries_total',
    type: 'counter',
    help: 'Calls that were sent again: limited, failed, or for another key.',
    labels: ['provider', 'reason'],
  },
  limited: {
    name: 'sluice_egress_limited_total',
    type: 'counter',
    help: 'Calls that the provider refused for a limit, such as by a 429.',
    labels: ['provider'],
  },
  providerAway: {
    name: 'sluice_egress_store_away',
    type: 'gauge',
    help: '1 while the store of a provider does not answer.',
    labels: ['provider'],
  },
}

/**
 * The name of a metric in OpenTelemetry, from which its exporter to Prometheus makes our name again: `sluice.decisions` and
 * `sluice.store.duration`, whose unit is `s`.
 */
export function openTelemetryName({ name }: Pick<MetricFacts, 'name'>): string {
  return name.replace(/_(total|seconds)$/, '').replaceAll('_', '.')
}
