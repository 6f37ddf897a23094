/** The quota endpoint as a handler of Fastify. */
import { type GuardQuotaOptions, type QuotaOptions, quotaEndpoint, showsQuota } from '@sluice/http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { SLUICE_UNGUARDED, SluiceError } from './errors.ts'
import { lookUp } from './look-up.ts'
import { guarded } from './plugin.ts'

/** The quota of callers by the limits of the application itself: those of its `sluice`, where the route of the quota is declared. */
export type OwnQuotaOptions = Omit<GuardQuotaOptions<FastifyRequest>, 'guard'>

type Answer = ReturnType<typeof quotaEndpoint<FastifyRequest, unknown>>

/**
 * A handler that tells callers where they stand, and charges nothing for it. Its route has `config: { sluice: false }`. Without a limiter it
 * reads the limits of the application, with the quota request. `guard: app.sluice` names the application, once its plugin is loaded.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * app.get('/quota', { config: { sluice: false } }, quota())
 * app.get('/my-quota', { config: { sluice: false } }, quota({ limiter, identify: (request) => userOf(request.headers.authorization) }))
 * ```
 */
export function quota<C>(
  options: QuotaOptions<FastifyRequest, C> | GuardQuotaOptions<FastifyRequest> | OwnQuotaOptions = {},
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  const isOwn = !('limiter' in options || 'identify' in options || 'guard' in options)
  const answer = isOwn ? ownQuota(options) : quotaEndpoint(options as QuotaOptions<FastifyRequest, C>)
  return async (request, reply) => {
    const { status, headers, body } = await answer(request, request.method)
    return reply.code(status).headers(Object.fromEntries(headers)).send(body)
  }
}

/** An application may register the plugin after its routes, so that its limits are known from the first request on. */
function ownQuota(options: OwnQuotaOptions): Answer {
  const answers = new WeakMap<FastifyInstance, Answer>()
  return (request, method) => {
    const { server } = request
    const known = answers.get(server)
    if (known !== undefined) return known(request, method)
    const made = answerFor(server, options)
    answers.set(server, made)
    return made(request, method)
  }
}

function answerFor(instance: FastifyInstance, options: OwnQuotaOptions): Answer {
  const scopes = lookUp(guarded, instance)
  // The endpoint answers 500, and warns of what is missing.
  if (scopes === undefined) return quotaEndpoint({ limiter: { peek: unguarded }, identify: unguarded })
  const guard = { admin: scopes.guard.admin }
  return quotaEndpoint<FastifyRequest, unknown>({ ...options, guard: showsQuota(guard, scopes.guard, scopes.around(instance).plan) })
}

function unguarded(): never {
  throw new SluiceError(SLUICE_UNGUARDED)
}
