/** The pages as handlers of `node:http`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type OperatorsPageOptions, operatorsPageEndpoint } from './operators/endpoint.ts'
import { nodeHeaders, streamToNode } from './operators/node-viewer.ts'
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

/**
 * A handler of the operators' page, with its stream and its actions. Give it one path for all methods.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * const view = createLiveView({ limiters: [guard.admin] })
 * const page = operatorsPage({ view, authorize: (request) => sessionOf(request)?.operator ?? null })
 * createServer((request, response) => (request.url?.startsWith('/operators') ? page(request, response) : guarded(request, response)))
 * ```
 */
export function operatorsPage<R extends IncomingMessage = IncomingMessage>(
  options: OperatorsPageOptions<R>,
): (request: R, response: ServerResponse) => Promise<void> {
  const answer = operatorsPageEndpoint(options)
  return async (request, response) => {
    const { method = 'GET', url = '' } = request
    const written = await answer({ request, method, url, header: nodeHeaders(request) })
    // A client that has hung up meanwhile needs no answer.
    if (response.headersSent || response.destroyed) return
    if (written.stream !== undefined) return streamToNode(response, written)
    response.statusCode = written.status
    for (const [name, value] of written.headers) response.setHeader(name, value)
    response.end(written.body)
  }
}
