/**
 * Writes the header family of API gateways with layered quotas (Spring Cloud Gateway's names, extended by a quota part):
 * `<prefix>-RateLimit-Replenish-Rate`, `-Burst-Capacity`, `-Remaining` and `<prefix>-Quota-Period`, `-Limit`, `-Remaining`.
 *
 * The Quota part describes the innermost share (a seller's part of an application's rate). The RateLimit part describes the rate that this
 * share is taken of, through as many shares as lie between. Where there is no share, or that rate is undisclosed, it describes the innermost
 * rate that is not a share. A part without its limit is left out, and so is a field without a value.
 */
import type { LimitStatus } from '@sluice/core'
import type { Pace } from '@sluice/core/internal'
import { type DisclosedLimits, paceOf } from './disclosed-limits.ts'
import type { HeaderLine } from './header-line.ts'
import { sfInteger } from './header-line.ts'

export type GatewaySerializer = (limits: DisclosedLimits) => readonly HeaderLine[]

/** The serializer for one prefix, such as `X-Acme-GW`. */
export function createGatewaySerializer(prefix: string): GatewaySerializer {
  const name = gatewayFieldNames(prefix)
  return (limits) => {
    const lines: HeaderLine[] = []
    const quota = limits.findLast(isShare)
    const rate = rateBehind(quota, limits)
    if (rate !== undefined) {
      const replenishRate = unitsPerSecond(paceOf(rate))
      if (replenishRate !== null) lines.push([name.replenishRate, replenishRate])
      lines.push([name.burstCapacity, sfInteger(rate.capacity)], [name.rateRemaining, sfInteger(rate.remaining)])
    }
    if (quota !== undefined) {
      const period = periodWord(paceOf(quota))
      if (period !== null) lines.push([name.quotaPeriod, period])
      lines.push([name.quotaLimit, sfInteger(quota.capacity)], [name.quotaRemaining, sfInteger(quota.remaining)])
    }
    return lines
  }
}

/** The six names under a prefix. */
export function gatewayFieldNames(prefix: string): Readonly<Record<GatewayField, string>> {
  return {
    replenishRate: `${prefix}-RateLimit-Replenish-Rate`,
    burstCapacity: `${prefix}-RateLimit-Burst-Capacity`,
    rateRemaining: `${prefix}-RateLimit-Remaining`,
    quotaPeriod: `${prefix}-Quota-Period`,
    quotaLimit: `${prefix}-Quota-Limit`,
    quotaRemaining: `${prefix}-Quota-Remaining`,
  }
}

type GatewayField = 'replenishRate' | 'burstCapacity' | 'rateRemaining' | 'quotaPeriod' | 'quotaLimit' | 'quotaRemaining'

function isShare(status: LimitStatus): boolean {
  return status.parent !== null
}

/** A share's parent always stands further out, so one walk towards the outside finds the rate at its root. */
function rateBehind(share: LimitStatus | undefined, limits: DisclosedLimits): LimitStatus | undefined {
  let sought = share?.parent ?? null
  for (let i = limits.length - 1; sought !== null && i >= 0; i--) {
    const limit = limits[i]!
    if (limit.name !== sought) continue
    if (!isShare(limit)) return limit
    sought = limit.parent
  }
  return limits.findLast((limit) => !isShare(limit) && paceOf(limit).unit === 'requests')
}

/** Rounded down to six decimals, so that a client which paces itself by it is never too fast. */
function unitsPerSecond({ refill, periodMs }: Pace): string | null {
  if (refill === null || periodMs === null) return null
  // The thousandth is for shares: 0.29 of 100 is 28.999999999999996 in floating point, and 29 in truth.
  const micros = Math.floor((refill * 1_000_000_000) / periodMs + 0.001)
  return (micros / 1_000_000).toFixed(6).replace(/\.?0+$/, '')
}

const periodWords: Readonly<Record<number, string>> = { 1000: 'SECONDS', 60000: 'MINUTES', 3600000: 'HOURS', 86400000: 'DAYS' }

/** The unit alone where the period is one of it, as gateways write it; any other length in seconds. */
function periodWord({ periodMs }: Pace): string | null {
  if (periodMs === null) return null
  return periodWords[periodMs] ?? `${periodMs / 1000} SECONDS`
}
