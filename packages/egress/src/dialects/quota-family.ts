/** Families of headers that name a limit, a rest and a reset for each of several limits. */
import { type QuotaSighting, usualWaitMs } from './dialect.ts'
import { type HeaderReader, unitsIn } from './response-headers.ts'

/** Where a family writes a limit, such as `('tokens', 'remaining') => 'x-ratelimit-remaining-tokens'`. */
export type HeaderNames = (limit: string, what: 'limit' | 'remaining' | 'reset') => string

/** What a response says of those of the limits that it names. */
export function familyQuota(limits: readonly string[], header: HeaderReader, name: HeaderNames): readonly QuotaSighting[] {
  return limits.flatMap((limit): readonly QuotaSighting[] => {
    const capacity = unitsIn(header(name(limit, 'limit')))
    const remaining = unitsIn(header(name(limit, 'remaining')))
    return capacity === undefined && remaining === undefined ? [] : [{ limit, capacity, remaining }]
  })
}

/**
 * The wait after a 429 of a provider that refills continuously, and whose reset says when a limit is full again. An empty limit of 60 that
 * is full in 60 s has the next unit in 1 s. Without a limit in the headers it is the whole time.
 * @param resetMsIn - reads a reset
 */
export function refillWaitMs(
  quota: readonly QuotaSighting[],
  header: HeaderReader,
  name: HeaderNames,
  resetMsIn: (text: string | undefined, header: HeaderReader) => number | undefined,
): number {
  let waitMs = 0
  for (const { limit, capacity, remaining } of quota) {
    if (remaining !== 0) continue
    waitMs = Math.max(waitMs, Math.ceil((resetMsIn(header(name(limit, 'reset')), header) ?? 0) / Math.max(1, capacity ?? 1)))
  }
  return Math.max(waitMs, usualWaitMs)
}
