/** The quota page as a handler of `node:http`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type GuardQuotaPageOptions, type QuotaPageOptions, quotaPageEndpoint } from './quota-page-endpoint.ts'

/**
 * A handler that shows callers their quota as a page, and charges nothing for it. Call it before the guard.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * const page = quotaPage({ limiter, identify: (request) => sessionOf(request)?.user ?? null })
 * createServer((request, response) => (request.url === '/quota' ? page(request, response) : guarded(request, response)))
 * ```
 */
export function quotaPage<C, R extends IncomingMessage = IncomingMessage>(
  options: QuotaPageOptions<R, C> | GuardQuotaPageOptions<R>,
): (request: R, response: ServerResponse) => Promise<void> {
  const answer = quotaPageEndpoint(options)
  return async (request, response) => {
    const { method = 'GET', headers: fields } = request
    const { status, headers, body } = await answer({ request, method, acceptLanguage: fields['accept-language'] })
    // A client that has hung up meanwhile needs no answer.
    if (response.headersSent || response.destroyed) return
    response.statusCode = status
    for (const [name, value] of headers) response.setHeader(name, value)
    response.end(body)
  }
}
