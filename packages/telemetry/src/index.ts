/** `@sluice/telemetry`: metrics for Prometheus and OpenTelemetry. */
export type { PrometheusRegistry } from './prometheus.ts'
export type { ProviderEvent, ProviderSource, RedisStoreUsage, StoreSource, TelemetrySources } from './sources.ts'
export type { ActiveSpan } from './spans.ts'
export { createTelemetry, type Telemetry } from './telemetry.ts'
