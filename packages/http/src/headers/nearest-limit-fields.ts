/** Writes limit, remaining and reset under three names: `X-RateLimit-Limit` and the like, or names of the application. They can tell of one limit only. */
import type { LimitStatus } from '@sluice/core'
import { type DisclosedLimits, isLasting } from './disclosed-limits.ts'
import type { HeaderLine } from './header-line.ts'
import { sfInteger } from './header-line.ts'

/** What a reset is counted in. The first two are in wide use, so neither is a default of `X-RateLimit-Reset`. */
export type ResetUnit = 'delta-seconds' | 'epoch-seconds' | 'delta-milliseconds'

/** The names of the three fields. One without a name is not written. */
export interface FieldNames {
  readonly limit?: string | undefined
  readonly remaining?: string | undefined
  readonly reset?: string | undefined
}

/** The names that most clients know. */
export const xRateLimitNames: Required<FieldNames> = {
  limit: 'X-RateLimit-Limit',
  remaining: 'X-RateLimit-Remaining',
  reset: 'X-RateLimit-Reset',
}

/** @param wallClockMs - milliseconds since 1970; asked for `'epoch-seconds'` alone */
export function nearestLimitFields(
  limits: DisclosedLimits,
  names: FieldNames,
  unit: ResetUnit,
  wallClockMs: () => number,
): readonly HeaderLine[] {
  const limit = nearestToExhaustion(limits)
  if (limit === undefined) return []
  const { capacity, remaining, resetAfterMs, retryAfterMs } = limit
  const lines: HeaderLine[] = []
  if (names.limit !== undefined) lines.push([names.limit, sfInteger(capacity)])
  if (names.remaining !== undefined) lines.push([names.remaining, sfInteger(remaining)])
  // No time helps a key that is blocked for ever, a lifetime quota, or a capacity of 0: a client would take any number for one that does.
  const isHopeless = isLasting(limit) || (retryAfterMs === null && resetAfterMs === 0 && remaining === 0)
  // Some clients wait for this and never read Retry-After, so it must not lie before the moment a retry can succeed.
  if (names.reset !== undefined && !isHopeless)
    lines.push([names.reset, resetValue(Math.max(resetAfterMs, retryAfterMs ?? 0), unit, wallClockMs)])
  return lines
}

/** A wait of 34,800 ms is 35 seconds, or 34800 milliseconds. */
function resetValue(waitMs: number, unit: ResetUnit, wallClockMs: () => number): string {
  if (unit === 'delta-milliseconds') return sfInteger(Math.ceil(waitMs))
  return sfInteger(Math.ceil((unit === 'epoch-seconds' ? wallClockMs() + waitMs : waitMs) / 1000))
}

/**
 * The limit for a caller that reads only one. A limit that refuses comes before any other, and among those the one with the longest wait.
 * Where none refuses, it is the one with the smallest share of its capacity left. Among equals it is the one with the later reset.
 */
export function nearestToExhaustion(limits: DisclosedLimits): LimitStatus | undefined {
  let nearest: LimitStatus | undefined
  for (const limit of limits) if (nearest === undefined || isNearer(limit, nearest)) nearest = limit
  return nearest
}

function isNearer(a: LimitStatus, b: LimitStatus): boolean {
  if (a.allowed !== b.allowed) return b.allowed
  if (!a.allowed) {
    const [waitA, waitB] = [a.retryAfterMs ?? Infinity, b.retryAfterMs ?? Infinity]
    if (waitA !== waitB) return waitA > waitB
  }
  const [shareA, shareB] = [shareLeft(a), shareLeft(b)]
  return shareA === shareB ? a.resetAfterMs > b.resetAfterMs : shareA < shareB
}

function shareLeft({ remaining, capacity }: LimitStatus): number {
  return capacity === 0 ? 0 : remaining / capacity
}
