/** Gateways with layered quotas: `<prefix>-RateLimit-Remaining` of an application, and `<prefix>-Quota-Remaining` of its part. */
import { SluiceError } from '@sluice/core'
import { SLUICE_OPTION_TYPE, wholeNumber } from '@sluice/core/internal'
import type { Dialect, QuotaSighting } from './dialect.ts'
import { decimalIn, unitsIn } from './response-headers.ts'

/** Limits that the two parts of the headers mean. */
export interface GatewayOptions {
  /** The limit of the RateLimit part: the rate of the application. @default 'requests' */
  readonly rate?: string | undefined
  /** The limits that the Quota part may mean: that of them that the call uses. With one limit for each seller, list them all. @default none */
  readonly quota?: readonly string[] | undefined
  /** Length of the windows of these limits, in whole seconds from 1 to 86,400. @default 1 */
  readonly windowSeconds?: number | undefined
}

/** The largest number of units that a header has: 15 digits. */
const mostUnits = 999_999_999_999_999

/**
 * The headers of gateways with layered quotas, such as Spring Cloud Gateway and what `sluice` writes with `{ preset: 'gateway', prefix }`.
 *
 * A window holds what the `Replenish-Rate` brings in it, and at most the `Burst-Capacity`. With a rate of 4 and a burst of 8 it is 4 in a
 * second: a burst that is borrowed from the next second is never used.
 * @param prefix - such as `'X-Acme-GW'`; `'X'` for Spring Cloud Gateway
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_WHOLE_NUMBER`
 * @example
 * const dialect = gatewayDialect('GNCP-GW', { rate: 'application', quota: ['seller-1', 'seller-2'] })
 */
export function gatewayDialect(prefix: string, options: GatewayOptions = {}): Dialect {
  const { rate = 'requests', quota = [], windowSeconds = 1 } = options
  if (typeof prefix !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(prefix)) {
    throw new SluiceError(SLUICE_OPTION_TYPE, {
      option: 'prefix',
      wanted: "the beginning of a header name, such as 'X-Acme-GW'",
      value: prefix,
    })
  }
  if (!Array.isArray(quota)) throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'quota', wanted: 'a list of limits', value: quota })
  const shares: readonly string[] = quota
  const seconds = wholeNumber(windowSeconds, 'windowSeconds', 1, 86_400)
  const part = `${prefix.toLowerCase()}-`
  return {
    quota(header, isPaid) {
      const units = (name: string): number | undefined => unitsIn(header(part + name))
      const burst = units('ratelimit-burst-capacity')
      const lasting = decimalIn(header(`${part}ratelimit-replenish-rate`))
      const window = lasting === undefined ? undefined : Math.min(Math.floor(lasting * seconds), mostUnits)
      // A part of the rate has the same burst, and does not say its own rate.
      const share = burst === undefined || burst === 0 || window === undefined ? 1 : Math.min(1, window / burst)
      const seller = shares.find(isPaid)
      return [
        ...seen(rate, burst ?? window, units('ratelimit-remaining'), share),
        ...(seller === undefined ? [] : seen(seller, units('quota-limit'), units('quota-remaining'), share)),
      ]
    },
    unprocessed: [429],
  }
}

/** @param share - part of the burst that a window may use. The rest of the burst is taken off what remains. */
function seen(limit: string, burst: number | undefined, remaining: number | undefined, share: number): readonly QuotaSighting[] {
  if (burst === undefined) return remaining === undefined ? [] : [{ limit, remaining }]
  const capacity = Math.floor(burst * share)
  return [{ limit, capacity, remaining: remaining === undefined ? undefined : Math.max(0, remaining - (burst - capacity)) }]
}
