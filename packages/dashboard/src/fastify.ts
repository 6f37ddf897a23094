/** The quota page as a handler of Fastify. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type QuotaPageOptions, quotaPageEndpoint } from './quota-page-endpoint.ts'

/**
 * A handler that shows callers their quota as a page, and charges nothing for it. Its route has `config: { sluice: false }`.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * app.get('/quota', { config: { sluice: false } }, quotaPage({ limiter, identify: (request) => sessionOf(request)?.user ?? null }))
 * ```
 */
export function quotaPage<C>(
  options: QuotaPageOptions<FastifyRequest, C>,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  const answer = quotaPageEndpoint(options)
  return async (request, reply) => {
    const { method, headers: fields } = request
    const { status, headers, body } = await answer({ request, method, acceptLanguage: fields['accept-language'] })
    return reply.code(status).headers(Object.fromEntries(headers)).send(body)
  }
}
