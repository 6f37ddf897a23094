/** What sluice adds to Hono's types, and takes as options. */
import type { Admin, Fn, MaybePromise, Refused } from '@sluice/core'
import type { HttpOptions, RequestSluice, RouteOptions } from '@sluice/http'
import type { Context, Env, MiddlewareHandler } from 'hono'
import type { GetConnInfo } from 'hono/conninfo'

/** What `sluice` takes. */
export interface HonoSluice<E extends Env = Env> extends HttpOptions<Context<E>> {
  /** The `getConnInfo` of the runtime: of `@hono/node-server/conninfo`, `hono/bun`, `hono/deno`, `hono/cloudflare-workers`. Needed by every limit without `by`. */
  readonly connInfo?: GetConnInfo | undefined
  /** Answers a refused request in place of sluice; the headers of the refusal are added. */
  readonly onRefused?: Fn<[c: Context<E>, refused: Refused], MaybePromise<Response>> | undefined
}

/** A guard: the middleware that decides, and what can be done with it besides. */
export interface HonoGuard<E extends Env = Env> extends MiddlewareHandler<E> {
  readonly admin: Admin
  /**
   * A guard of the same store, headers and limits, with what this route adds. Behind this guard it charges only what was not charged
   * yet; alone it charges everything.
   * @throws SluiceError for every wrong option, before traffic
   */
  with(route: RouteOptions<Context<E>>): HonoGuard<E>
}

declare module 'hono' {
  interface ContextVariableMap {
    sluice: RequestSluice
  }
}
