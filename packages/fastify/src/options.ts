/** What an application writes for Fastify: options, and limiters bound to its requests. It also adds to Fastify's types. */
import type { Admin, Fn, Refused } from '@sluice/core'
import { type Bind, bind as bindRequest, type HttpLimit, type HttpOptions, type RequestSluice, type RouteOptions } from '@sluice/http'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A limit on Fastify's requests. */
export interface FastifyLimit extends HttpLimit<FastifyRequest> {
  /**
   * The hook in which it is decided. `'onRequest'`: before the body is read, as in `'preParsing'`. `'preValidation'`: with the body at hand,
   * before the schema. `'preHandler'`: when body and user are known. A limit is decided once, so a hook of yours that refuses earlier is
   * not counted. @default 'onRequest' without `by`; with it 'preValidation' for `settle: failuresOnly`, and else 'preHandler'
   */
  readonly hook?: 'onRequest' | 'preParsing' | 'preValidation' | 'preHandler' | undefined
  /**
   * Whether it is decided before your own functions in that hook, or after them. Of a limit that a route alone has, `'first'` means before
   * the functions of the route, and after those of the application. @default 'first', and 'last' in 'preHandler'
   */
  readonly order?: 'first' | 'last' | undefined
}

/** The options of a route, under `config.sluice`. */
export type FastifyRoute = RouteOptions<FastifyRequest, FastifyLimit>

/** Where a request goes on, or passes an error. */
export type Next = (error?: Error) => void

/** What the plugin takes. */
export interface FastifySluice extends HttpOptions<FastifyRequest, FastifyLimit> {
  /**
   * Answers a refused request in place of sluice. The status and the headers of the refusal are already set; a redirect or an error has a
   * status of its own. `next()` hands the request on to its handler, without that status, `Retry-After` and `Cache-Control`. One that only
   * logs leaves the answer to sluice, at once.
   *
   * An answer may come later from one that uses the reply or takes `next`. If none comes within `functionTimeout`, sluice answers, with the
   * warning `SLUICE_UNANSWERED`; once its promise is fulfilled, within a second. To answer by a callback, use the reply or return a promise.
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
