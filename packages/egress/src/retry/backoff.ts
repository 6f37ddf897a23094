/** When a failed call is tried again: full jitter, and never before the provider has said. */

export interface RetryOptions {
  /** Most attempts of one call, the first included, from 1 to 10. @default 3 */
  readonly attempts?: number | undefined
  /** Bound of the first random wait, doubled for each later one, in milliseconds. @default 500 */
  readonly baseMs?: number | undefined
  /** Largest bound, in milliseconds. @default 20_000 */
  readonly capMs?: number | undefined
}

/** A longer `Retry-After` is handed to the caller at once. */
const longestMs = 60_000

/**
 * Milliseconds until the next attempt; `undefined` to give up.
 * @param failed - attempts so far, from 1
 * @param random - from 0 to 1
 */
export function retryDelayMs(
  { attempts = 3, baseMs = 500, capMs = 20_000 }: RetryOptions,
  failed: number,
  retryAfterMs: number | undefined,
  leftMs: number,
  random: number,
): number | undefined {
  if (failed >= attempts) return undefined
  // A share of the wait spreads those who were told the same instant, and none of them comes before it.
  const delayMs =
    retryAfterMs === undefined
      ? random * Math.min(capMs, baseMs * 2 ** (failed - 1))
      : retryAfterMs + random * Math.min(1000, 0.2 * retryAfterMs)
  return (retryAfterMs ?? 0) > longestMs || delayMs > leftMs ? undefined : Math.ceil(delayMs)
}

/** Statuses after which the same call may succeed. */
export function isRetryable(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500
}
