/** The quota endpoint as a handler of Fastify. */
import { type QuotaOptions, quotaEndpoint } from '@sluice/http'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * A handler that tells callers where they stand, and charges nothing for it. Its route has `config: { sluice: false }`.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * app.get('/quota', { config: { sluice: false } }, quota({ limiter, identify: (request) => userOf(request.headers.authorization) }))
 * ```
 */
export function quota<C>(
  options: QuotaOptions<FastifyRequest, C>,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  const answer = quotaEndpoint(options)
  return async (request, reply) => {
    const { status, headers, body } = await answer(request, request.method)
    return reply.code(status).headers(Object.fromEntries(headers)).send(body)
  }
}
