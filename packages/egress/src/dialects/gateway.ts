/** Gateways with layered quotas: `<prefix>-RateLimit-Remaining` of an application, and `<prefix>-Quota-Remaining` of its part. */
import { SluiceError } from '@sluice/core'
import { SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import type { Dialect, QuotaSighting } from './dialect.ts'
import { unitsIn } from './response-headers.ts'

/** Limits that the two parts of the headers mean. */
export interface GatewayLimits {
  /** The limit of the RateLimit part: the rate of the application. @default 'requests' */
  readonly rate?: string | undefined
  /** The limits that the Quota part may mean: that of them that the call uses. With one limit for each seller, list them all. @default none */
  readonly quota?: readonly string[] | undefined
}

/**
 * The headers of gateways with layered quotas, such as Spring Cloud Gateway and what `sluice` writes with `{ preset: 'gateway', prefix }`.
 * The limit of a window is the `Burst-Capacity`; `Replenish-Rate` is read if it is missing.
 * @param prefix - such as `'X-Acme-GW'`; `'X'` for Spring Cloud Gateway
 * @throws SluiceError `SLUICE_OPTION_TYPE`
 * @example
 * const dialect = gatewayDialect('GNCP-GW', { rate: 'application', quota: ['seller-1', 'seller-2'] })
 */
export function gatewayDialect(prefix: string, { rate = 'requests', quota = [] }: GatewayLimits = {}): Dialect {
  if (typeof prefix !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(prefix)) {
    throw new SluiceError(SLUICE_OPTION_TYPE, {
      option: 'prefix',
      wanted: "the beginning of a header name, such as 'X-Acme-GW'",
      value: prefix,
    })
  }
  if (!Array.isArray(quota)) throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'quota', wanted: 'a list of limits', value: quota })
  const shares: readonly string[] = quota
  const part = `${prefix.toLowerCase()}-`
  return {
    quota(header, isPaid) {
      const units = (name: string): number | undefined => unitsIn(header(part + name))
      const share = shares.find(isPaid)
      return [
        ...seen(rate, units('ratelimit-burst-capacity') ?? units('ratelimit-replenish-rate'), units('ratelimit-remaining')),
        ...(share === undefined ? [] : seen(share, units('quota-limit'), units('quota-remaining'))),
      ]
    },
    unprocessed: [429],
  }
}

function seen(limit: string, capacity: number | undefined, remaining: number | undefined): readonly QuotaSighting[] {
  return capacity === undefined && remaining === undefined ? [] : [{ limit, capacity, remaining }]
}
