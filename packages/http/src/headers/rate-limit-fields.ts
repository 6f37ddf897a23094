/**
 * Writes `RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers describes them.
 *
 * The wire format has changed with nearly every draft and may again, so the draft is part of the call.
 */
import type { LimitStatus } from '@sluice/core'
import { type DisclosedLimits, noLimits, paceOf } from './disclosed-limits.ts'
import { sfInteger, sfString } from './header-line.ts'

export type RateLimitDraft = 'draft-11'

export interface RateLimitFields {
  /** The value of `RateLimit-Policy`: what holds whatever the caller does. */
  readonly policy: string
  /** The value of `RateLimit`: where the caller stands. */
  readonly rateLimit: string
}

/** The two values for these limits, or `null` where there is nothing to tell: an empty List means no field (RFC 9651 3.1). */
export type RateLimitSerializer = (limits: DisclosedLimits) => RateLimitFields | null

/**
 * The serializer of one draft. Make one per guard: it remembers the last policy it wrote, which stays the same as long as the
 * capacities do.
 */
export function createRateLimitSerializer(draft: RateLimitDraft): RateLimitSerializer {
  return serializers[draft]()
}

const serializers: Readonly<Record<RateLimitDraft, () => RateLimitSerializer>> = { 'draft-11': draft11 }

/**
 * What stays the same between requests is kept from the last one, which leaves a quarter of the work. On Node 20 that is some 130 ns for
 * one limit and 250 ns for three (`bench/request-path.ts`).
 */
function draft11(): RateLimitSerializer {
  let known = noLimits
  let policy = ''
  let heads: readonly string[] = []
  return (limits) => {
    if (limits.length === 0) return null
    if (!samePolicy(limits, known)) {
      policy = limits.map(policyItem).join(', ')
      heads = limits.map(({ name }) => `${sfString(name)};r=`)
      known = limits
    }
    let rateLimit = ''
    for (let i = 0; i < limits.length; i++) {
      if (i > 0) rateLimit += ', '
      rateLimit += heads[i]! + rateLimitTail(limits[i]!)
    }
    return { policy, rateLimit }
  }
}

/** Rules are interned, so that the same numbers are nearly always the same object; where they are not, it only costs the time. */
function samePolicy(limits: DisclosedLimits, known: DisclosedLimits): boolean {
  if (limits.length !== known.length) return false
  for (let i = 0; i < limits.length; i++) {
    const a = limits[i]!
    const b = known[i]!
    if (a.rule !== b.rule || a.name !== b.name || a.capacity !== b.capacity) return false
  }
  return true
}

function policyItem(status: LimitStatus): string {
  const { unit } = paceOf(status)
  const window = windowSeconds(status)
  let item = `${sfString(status.name)};q=${sfInteger(status.capacity)}`
  if (unit !== 'requests') item += `;qu=${sfString(unit)}`
  if (window !== null) item += `;w=${sfInteger(window)}`
  return item
}

/**
 * `w` goes with `q`: the seconds in which a whole capacity comes back. So `q/w` is the lasting rate even where the capacity is not what
 * one period returns. Windows below one second cannot be said and are left out.
 */
function windowSeconds(status: LimitStatus): number | null {
  const { refill, periodMs } = paceOf(status)
  if (refill === null || periodMs === null) return null
  // Rounded to whole milliseconds first, so that a share's fraction cannot turn 60.000000001 seconds into 61.
  const windowMs = Math.round((periodMs * status.capacity) / refill)
  return windowMs >= 1000 ? Math.ceil(windowMs / 1000) : null
}

function rateLimitTail({ remaining, replenishAfterMs, estimated }: LimitStatus): string {
  const r = sfInteger(remaining)
  // A full bucket gets nothing more. An estimated wait is a guess: no `t` is better than one that a client would trust.
  if (!(replenishAfterMs > 0) || estimated === true) return r
  return `${r};t=${sfInteger(Math.ceil(replenishAfterMs / 1000))}`
}
