/** The pages as handlers of Fastify. */
import type { HeaderLine } from '@sluice/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type OperatorsPageOptions, operatorsPageEndpoint } from './operators/endpoint.ts'
import { nodeHeaders, streamToNode } from './operators/node-viewer.ts'
import {
  type GuardQuotaPageOptions,
  type PageAnswer,
  type PageRequest,
  type QuotaPageOptions,
  quotaPageEndpoint,
} from './quota-page-endpoint.ts'

/** The quota of callers by the limits of the application itself: those of the `sluice` that guards it. */
export type OwnQuotaPageOptions = Omit<GuardQuotaPageOptions<FastifyRequest>, 'guard'>

/** A handler of a route. */
export type PageHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

type Answer = (request: PageRequest<FastifyRequest>) => Promise<PageAnswer>

/**
 * A handler that shows callers their quota as a page, and charges nothing for it. Its route has `config: { sluice: false }`. Without a limiter
 * it reads the limits of the application. `guard: app.sluice` names the application, once its plugin is loaded.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * app.get('/quota', { config: { sluice: false } }, quotaPage())
 * app.get('/mine', { config: { sluice: false } }, quotaPage({ limiter, identify: (request) => sessionOf(request)?.user ?? null }))
 * ```
 */
export function quotaPage<C>(options: QuotaPageOptions<FastifyRequest, C> | GuardQuotaPageOptions<FastifyRequest>): PageHandler
export function quotaPage(options?: OwnQuotaPageOptions): PageHandler
export function quotaPage<C>(
  options: QuotaPageOptions<FastifyRequest, C> | GuardQuotaPageOptions<FastifyRequest> | OwnQuotaPageOptions = {},
): PageHandler {
  const isOwn = !('limiter' in options || 'identify' in options || 'guard' in options)
  const answer = isOwn ? ownPage(options) : quotaPageEndpoint(options as QuotaPageOptions<FastifyRequest, C>)
  return async (request, reply) => {
    const { method, headers: fields } = request
    const { status, headers, body } = await answer({ request, method, acceptLanguage: fields['accept-language'] })
    return reply.code(status).headers(Object.fromEntries(headers)).send(body)
  }
}

/**
 * A handler of the operators' page, with its stream and its actions. Its route has `config: { sluice: false }` and takes all methods.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * const view = createLiveView({ limiters: [app.sluice] })
 * app.all('/operators', { config: { sluice: false } }, operatorsPage({ view, authorize: (request) => sessionOf(request)?.operator ?? null }))
 * ```
 */
export function operatorsPage(options: OperatorsPageOptions<FastifyRequest>): PageHandler {
  const answer = operatorsPageEndpoint(options)
  return async (request, reply) => {
    const { method, url } = request
    const written = await answer({ request, method, url, header: nodeHeaders(request) })
    const { status, headers, body, stream } = written
    if (stream === undefined) return reply.code(status).headers(Object.fromEntries(headers)).send(body)
    const earlier = Object.entries(reply.getHeaders()).map(([name, value]): HeaderLine => [name, String(value)])
    reply.hijack()
    if (!reply.raw.destroyed) streamToNode(reply.raw, written, earlier)
    return reply
  }
}

/** An application may register its plugin after its routes, so that the plugin is known from the first request on. */
function ownPage(options: OwnQuotaPageOptions): Answer {
  // Wrong options are errors now.
  quotaPageEndpoint({ ...options, limiter: { peek: nothing }, identify: nothing } as QuotaPageOptions<FastifyRequest, unknown>)
  const pages = new WeakMap<object, Answer>()
  return (request) => {
    const { sluice: guard = unguarded } = request.request.server as { readonly sluice?: GuardQuotaPageOptions<FastifyRequest>['guard'] }
    const page = pages.get(guard) ?? quotaPageEndpoint<FastifyRequest, unknown>({ ...options, guard })
    pages.set(guard, page)
    return page(request)
  }
}

/** Stands for the plugin of an application that has none, which is an error that names `guard`. */
const unguarded = {} as GuardQuotaPageOptions<FastifyRequest>['guard']

function nothing(): never {
  throw new Error('It is never called.')
}
