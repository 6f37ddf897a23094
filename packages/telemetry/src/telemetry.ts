/** Telemetry: figures of limiters, stores and providers, which cost next to nothing until something reads them. */
import type { Meter } from '@opentelemetry/api'
import { SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { collect } from './collect.ts'
import { SluiceError } from './errors.ts'
import { observeWith } from './open-telemetry.ts'
import { type PrometheusRegistry, registerIn } from './prometheus.ts'
import { checkSources, type TelemetrySources } from './sources.ts'
import { type ActiveSpan, writeOnSpans } from './spans.ts'

/** Counts what its sources do, and writes it where it is told to. */
export interface Telemetry {
  /**
   * Adds the metrics to a registry of `prom-client` or `@prometheus-io/client`, which reads them when it is scraped.
   * @throws SluiceError `SLUICE_OPTION_TYPE`
   * @throws Error of the registry, if it has metrics of these names already
   */
  prometheus(registry: PrometheusRegistry): void
  /**
   * Adds the metrics to a meter of OpenTelemetry, which reads them at each collection.
   * @throws SluiceError `SLUICE_OPTION_TYPE`
   */
  openTelemetry(meter: Meter): void
  /**
   * Writes each decision onto the span that is active when it is made, as `sluice.outcome`, `sluice.refused_by`, `sluice.decided_by`,
   * `sluice.verb` and, after a refusal, `sluice.retry_after_ms`. A later decision on the same span replaces them. No key is written.
   *
   * Each decision then makes an event, which costs far more than a count. So it is off until you call it.
   * @param trace - `trace` of `@opentelemetry/api`
   * @throws SluiceError `SLUICE_OPTION_TYPE`
   */
  spans(trace: ActiveSpan): void
  /** Listens no longer, and takes its metrics out of each registry and meter. */
  close(): void
}

/**
 * Counts the decisions of limiters, the buckets of memory stores, and the calls of providers, from now on. A decision in memory takes some ten
 * nanoseconds more and makes no object. How many series there are depends on the names of limits and providers, and never on keys.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`
 * @example
 * ```ts
 * const telemetry = createTelemetry({ limiters: [guard.admin], providers: [openai] })
 * telemetry.prometheus(register)
 * ```
 */
export function createTelemetry(sources: TelemetrySources): Telemetry {
  const checked = checkSources(sources)
  const collected = collect(checked)
  const stops: (() => void)[] = []
  return {
    prometheus(registry) {
      if (typeof (registry as Partial<PrometheusRegistry> | null)?.registerMetric !== 'function')
        throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'registry', wanted: 'a registry of prom-client', value: typeof registry })
      stops.push(registerIn(registry, collected))
    },
    openTelemetry(meter) {
      if (typeof (meter as Partial<Meter> | null)?.addBatchObservableCallback !== 'function')
        throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'meter', wanted: 'a meter of @opentelemetry/api', value: typeof meter })
      stops.push(observeWith(meter, collected))
    },
    spans(trace) {
      if (typeof (trace as Partial<ActiveSpan> | null)?.getActiveSpan !== 'function')
        throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'trace', wanted: '`trace` of @opentelemetry/api', value: typeof trace })
      stops.push(writeOnSpans(trace, checked))
    },
    close() {
      collected.close()
      for (const stop of stops.splice(0)) stop()
    },
  }
}
