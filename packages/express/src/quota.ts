/** The quota endpoint as a handler of Express and `node:http`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type GuardQuotaOptions, type QuotaOptions, quotaEndpoint } from '@sluice/http'
import type { Request } from 'express'

/**
 * A handler that tells callers where they stand, and charges nothing for it. Put it before the guard.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * app.get('/quota', quota({ limiter, identify: (req) => userOf(req.headers.authorization) }))
 * app.use(guard)
 * ```
 */
export function quota<C, R extends IncomingMessage = Request>(
  options: QuotaOptions<R, C> | GuardQuotaOptions<R>,
): (request: R, response: ServerResponse) => Promise<void> {
  const answer = quotaEndpoint(options)
  return async (request, response) => {
    const { status, headers, body } = await answer(request, request.method ?? 'GET')
    // A client that has hung up meanwhile needs no answer.
    if (response.headersSent || response.destroyed) return
    response.statusCode = status
    for (const [name, value] of headers) response.setHeader(name, value)
    response.end(body)
  }
}
