/** GitHub: fixed windows of an hour or a minute by resource, and secondary limits that only `Retry-After` tells of. */
import type { Dialect } from './dialect.ts'
import { type HeaderReader, unitsIn, untilEpochMsIn } from './response-headers.ts'

/** GitHub asks to wait for at least a minute after a secondary limit without `Retry-After`. */
const secondaryWaitMs = 60_000
/** Resets are written in whole seconds. */
const roundingMs = 1000

/**
 * `x-ratelimit-limit`, `-remaining`, `-used` and `-reset` of the limit that `x-ratelimit-resource` names: `core`, `search`, `graphql`. Name
 * the limits so. A 403 with `Retry-After`, or with nothing left, is a refusal for a limit.
 */
export const githubDialect: Dialect = {
  quota(header) {
    const limit = header('x-ratelimit-resource')?.trim() || 'core'
    const capacity = unitsIn(header('x-ratelimit-limit'))
    const remaining = remainingOf(header, capacity)
    if (capacity === undefined && remaining === undefined) return []
    return [{ limit, capacity, remaining, endsInMs: untilEpochMsIn(header('x-ratelimit-reset'), header) }]
  },
  refusalWaitMs(status, header) {
    if (status !== 403 && status !== 429) return undefined
    if (unitsIn(header('x-ratelimit-remaining')) === 0) {
      return (untilEpochMsIn(header('x-ratelimit-reset'), header) ?? secondaryWaitMs) + roundingMs
    }
    return status === 429 || header('retry-after') !== undefined ? secondaryWaitMs : undefined
  },
  unprocessed: [403, 429],
}

/** What is left; by what is used, if the response says only that. */
function remainingOf(header: HeaderReader, capacity: number | undefined): number | undefined {
  const remaining = unitsIn(header('x-ratelimit-remaining'))
  const used = unitsIn(header('x-ratelimit-used'))
  if (remaining !== undefined || used === undefined || capacity === undefined) return remaining
  return Math.max(0, capacity - used)
}
