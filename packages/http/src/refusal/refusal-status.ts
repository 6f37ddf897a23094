/** The status of a refusal: whose fault it was. */
import type { Refused } from '@sluice/core'

/** 429: this caller asks too much. 503: the service cannot serve anybody more at the moment. */
export type RefusalStatus = 429 | 503

/**
 * 503 for an outage, and where every limit that refused says 503; as long as one of them counts the caller, the caller is told.
 * An impossible cost is always 429: 503 would invite retries that can never succeed.
 *
 * @param statusOf - What a limit asks for, by name; `undefined` is 429.
 */
export function refusalStatus(refused: Refused, statusOf: (limit: string) => RefusalStatus | undefined): RefusalStatus {
  if (refused.outcome === 'unavailable') return 503
  if (refused.outcome === 'impossible' || refused.refusedBy.length === 0) return 429
  return refused.refusedBy.every((name) => statusOf(name) === 503) ? 503 : 429
}
