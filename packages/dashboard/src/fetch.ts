/** The quota page as a handler of the web standard. */
import { handOver, withHeaders } from '@sluice/http/fetch'
import { type GuardQuotaPageOptions, type QuotaPageOptions, quotaPageEndpoint } from './quota-page-endpoint.ts'

/**
 * A handler that shows callers their quota as a page, and charges nothing for it. Call it before the guard.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * const page = quotaPage({ limiter, identify: (request) => sessionOf(request)?.user ?? null })
 * Bun.serve({ routes: { '/quota': page }, fetch: guarded })
 * ```
 */
export function quotaPage<C, Q extends Request = Request>(
  options: QuotaPageOptions<Q, C> | GuardQuotaPageOptions<Q>,
): (request: Q, ...rest: readonly unknown[]) => Promise<Response> {
  const answer = quotaPageEndpoint(options)
  return async (request, ...rest) => {
    if (options.guard !== undefined) handOver(options.guard, request, rest)
    const acceptLanguage = request.headers.get('accept-language') ?? undefined
    const { status, headers, body } = await answer({ request, method: request.method, acceptLanguage })
    return withHeaders(new Response(body, { status }), headers)
  }
}
