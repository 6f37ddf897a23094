/** What an application writes for Hono: options, and limiters bound to its contexts. It also adds to Hono's types. */
import type { Admin, Fn, Limiter, MaybePromise, Refused, skip } from '@sluice/core'
import { type Bound, bind as bindRequest, type HttpFacts, type HttpOptions, type RequestSluice, type RouteOptions } from '@sluice/http'
import type { Context, Env, MiddlewareHandler, Next } from 'hono'
import type { GetConnInfo } from 'hono/conninfo'

/** What `sluice` takes. */
export interface HonoSluice<E extends Env = Env> extends HttpOptions<Context<E>> {
  /** The `getConnInfo` of the runtime: of `@hono/node-server/conninfo`, `hono/bun`, `hono/deno`, `hono/cloudflare-workers`. Needed by every limit without `by`, unless `trust` has `'unix'`. */
  readonly connInfo?: GetConnInfo | undefined
  /**
   * Answers a refused request in place of sluice. The headers of the refusal are added to its response, and to that of an exception that
   * it throws. `next()` hands the request on to its handler, without these headers; return its promise. Where it does neither, sluice
   * answers.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: what `next()` promises, and what a function without `return` answers.
  readonly onRefused?: Fn<[c: Context<E>, refused: Refused, next: Next], MaybePromise<Response | undefined | void>> | undefined
}

/** A guard: the middleware that decides, and its verbs. */
export interface HonoGuard<E extends Env = Env> extends MiddlewareHandler<E> {
  readonly admin: Admin
  /**
   * A guard of the same store, headers and limits, with what this route adds. Behind this guard it charges only what was not charged
   * yet; alone it charges everything.
   * @throws SluiceError for every wrong option, before traffic
   */
  with(route: RouteOptions<Context<E>>): HonoGuard<E>
}

/**
 * Binds a limiter of domain subjects to Hono's contexts; the subject `skip` means that it does not apply.
 * @example
 * ```ts
 * app.post('/jobs/:id', guard.with({ limiter: bind(jobs, (c) => c.req.param('id') ?? skip) }), handler)
 * ```
 */
export function bind<E extends Env = Env, C = unknown>(
  limiter: Limiter<C>,
  subject: (c: Context<E>, http: HttpFacts) => MaybePromise<C | typeof skip | null>,
): Bound<Context<E>> {
  return bindRequest<Context<E>>(limiter as Limiter<unknown>, subject)
}

declare module 'hono' {
  interface ContextVariableMap {
    sluice: RequestSluice
  }
}
