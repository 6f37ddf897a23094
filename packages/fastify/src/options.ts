/** What an application writes for Fastify: options, and limiters bound to its requests. It also adds to Fastify's types. */
import type { Admin, Fn, Refused } from '@sluice/core'
import { type Bind, bind as bindRequest, type HttpLimit, type HttpOptions, type RequestSluice, type RouteOptions } from '@sluice/http'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A limit on Fastify's requests. */
export interface FastifyLimit extends HttpLimit<FastifyRequest> {
  /**
   * When it is decided. `'onRequest'`: first of all. `'preParsing'`: before the body is read. `'preValidation'`: before your hooks of that
   * name and the schema, with the body at hand, so that a limit on failed logins counts what these refuse. `'preHandler'`: after all your
   * `preHandler`s. Where a route alone names such a hook, those of the application come before it. @default 'onRequest' without `by`, and
   * 'preHandler' with it
   */
  readonly hook?: 'onRequest' | 'preParsing' | 'preValidation' | 'preHandler' | undefined
}

/** The options of a route, under `config.sluice`. */
export type FastifyRoute = RouteOptions<FastifyRequest, FastifyLimit>

/** Where a request goes on, or passes an error. */
export type Next = (error?: Error) => void

/** What the plugin takes. */
export interface FastifySluice extends HttpOptions<FastifyRequest, FastifyLimit> {
  /**
   * Answers a refused request in place of sluice. The status and the headers of the refusal are already set; a redirect or an error has a
   * status of its own. `next()` hands the request on to its handler, without that status, `Retry-After` and `Cache-Control`. If it
   * neither answers nor calls `next` within `functionTimeout`, sluice answers, with the warning `SLUICE_UNANSWERED`; once its promise is
   * fulfilled, within a second.
   */
  readonly onRefused?: Fn<[request: FastifyRequest, reply: FastifyReply, refused: Refused, next: Next], unknown> | undefined
}

/**
 * Binds a limiter of domain subjects to Fastify's requests; the subject `skip` means that it does not apply.
 * @example
 * ```ts
 * app.get('/jobs/:id', { config: { sluice: { limiter: bind(jobs, (request) => request.params.id) } } }, handler)
 * ```
 */
export const bind: Bind<FastifyRequest> = bindRequest

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The limits of this route; `false` for no limit. The deny list of the guard holds all the same. */
    sluice?: FastifyRoute | false | undefined
  }
  interface FastifyRequest {
    readonly sluice: RequestSluice
  }
  interface FastifyInstance {
    readonly sluice: Admin
  }
}
