/** The pages as handlers of the web standard. */
import { handOver, withHeaders } from '@sluice/http/fetch'
import { type OperatorsPageOptions, operatorsPageEndpoint } from './operators/endpoint.ts'
import { webHeaders, webResponse } from './operators/web-viewer.ts'
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

/**
 * A handler of the operators' page, with its stream and its actions. Give it one path for all methods.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * const view = createLiveView({ limiters: [guard.admin] })
 * const page = operatorsPage({ view, authorize: (request) => sessionOf(request)?.operator ?? null })
 * Bun.serve({ routes: { '/operators': page }, fetch: guarded })
 * ```
 */
export function operatorsPage<Q extends Request = Request>(options: OperatorsPageOptions<Q>): (request: Q) => Promise<Response> {
  const answer = operatorsPageEndpoint(options)
  return async (request) => webResponse(await answer({ request, method: request.method, url: request.url, header: webHeaders(request) }))
}
