/** Decisions on the spans of a trace: what a limiter decided for a request is written onto the span that is active then. */
import type { Attributes, TraceAPI } from '@opentelemetry/api'
import type { DecisionEvent } from '@sluice/core'
import type { CheckedSources } from './sources.ts'

/** What spans are found by: `trace` of `@opentelemetry/api`. */
export type ActiveSpan = Pick<TraceAPI, 'getActiveSpan'>

/** Writes each decision of the limiters onto the active span. @returns what ends that */
export function writeOnSpans(trace: ActiveSpan, { limiters }: CheckedSources): () => void {
  const stops = limiters.map(({ admin }) =>
    admin.observe(
      (event) => {
        if (event.type === 'decision') trace.getActiveSpan()?.setAttributes(attributesOf(event))
      },
      { types: ['decision'] },
    ),
  )
  return () => {
    for (const stop of stops) stop()
  }
}

/** No key and no number of a limit: names and what was decided. */
function attributesOf({ verb, decision }: DecisionEvent): Attributes {
  const { outcome, decidedBy, refusedBy, retryAfterMs } = decision
  return {
    'sluice.verb': verb,
    'sluice.outcome': outcome,
    'sluice.decided_by': decidedBy,
    'sluice.refused_by': [...refusedBy],
    ...(decision.allowed || retryAfterMs === null ? {} : { 'sluice.retry_after_ms': retryAfterMs }),
  }
}
