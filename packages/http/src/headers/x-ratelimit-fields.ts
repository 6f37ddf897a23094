/** Writes `X-RateLimit-Limit`, `-Remaining` and `-Reset`, which can tell of one limit only. */
import type { LimitStatus } from '@sluice/core'
import type { DisclosedLimits } from './disclosed-limits.ts'
import type { HeaderLine } from './header-line.ts'
import { sfInteger } from './header-line.ts'

/** What `X-RateLimit-Reset` holds: seconds from now, or seconds since 1970. Both are in wide use, so neither is a default. */
export type ResetFormat = 'delta' | 'epoch'

/** @param nowMs - Wall-clock time in milliseconds since 1970; read for the `'epoch'` format alone. */
export function xRateLimitFields(limits: DisclosedLimits, reset: ResetFormat, nowMs: number): readonly HeaderLine[] {
  const limit = nearestToExhaustion(limits)
  if (limit === undefined) return []
  const { capacity, remaining, resetAfterMs, retryAfterMs } = limit
  const head: readonly HeaderLine[] = [
    ['X-RateLimit-Limit', sfInteger(capacity)],
    ['X-RateLimit-Remaining', sfInteger(remaining)],
  ]
  // No time helps a key that is blocked for ever, or a capacity of 0: a client would take any number for one that does.
  if (retryAfterMs === null && resetAfterMs === 0 && remaining === 0) return head
  // Some clients wait for this and never read Retry-After, so it must not lie before the moment a retry can succeed.
  const waitMs = Math.max(resetAfterMs, retryAfterMs ?? 0)
  return [...head, ['X-RateLimit-Reset', sfInteger(Math.ceil((reset === 'epoch' ? nowMs + waitMs : waitMs) / 1000))]]
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
