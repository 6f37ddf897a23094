/** The value of `Retry-After`: the one header that makes every HTTP client behave. */
import type { Refused } from '@sluice/core'

/**
 * Whole seconds (RFC 9110 10.2.3), rounded up and never below 1, since clients take 0 as "at once" or ignore it. `null` where no
 * wait helps.
 */
export function retryAfterSeconds(refused: Pick<Refused, 'retryAfterMs'>): number | null {
  return refused.retryAfterMs === null ? null : atLeastOne(refused.retryAfterMs / 1000)
}

/** The same wait for clients that read `retry-after-ms` first, in whole milliseconds. */
export function retryAfterMs(refused: Refused): number | null {
  return refused.retryAfterMs === null ? null : atLeastOne(refused.retryAfterMs)
}

/** Whole and at least 1. The ceiling keeps the digits plain: 1e21 would be written with an exponent. */
function atLeastOne(value: number): number {
  return value > 1 ? Math.min(Math.ceil(value), Number.MAX_SAFE_INTEGER) : 1
}
