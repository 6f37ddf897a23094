/** The quota endpoint as a handler of the web standard. */
import type { GuardQuotaOptions } from '../quota/guard-quota.ts'
import { quotaEndpoint } from '../quota/quota-endpoint.ts'
import type { QuotaOptions } from '../quota/quota-reader.ts'
import { handOver } from './guard-fetch.ts'
import { withHeaders } from './web-response.ts'

/**
 * A handler that tells callers where they stand, and charges nothing for it. Put it before the guard.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * const myQuota = quota({ limiter, identify: (request) => userOf(request.headers.get('authorization')) })
 * Bun.serve({ routes: { '/quota': myQuota }, fetch: guarded })
 * ```
 */
export function quota<C, Q extends Request = Request>(
  options: QuotaOptions<Q, C> | GuardQuotaOptions<Q>,
): (request: Q, ...rest: readonly unknown[]) => Promise<Response> {
  const answer = quotaEndpoint(options)
  const guard = 'guard' in options ? options.guard : undefined
  return async (request, ...rest) => {
    if (guard !== undefined) handOver(guard, request, rest)
    const { status, headers, body } = await answer(request, request.method)
    return withHeaders(new Response(body, { status }), headers)
  }
}
