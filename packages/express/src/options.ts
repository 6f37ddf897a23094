/** What an application writes for Express: options, and limiters bound to its requests. It also adds to Express's types. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Admin, Fn, Refused } from '@sluice/core'
import { type Bind, bind as bindRequest, type HttpOptions, type RequestSluice, type RouteOptions } from '@sluice/http'
import type { NextFunction, Request, Response } from 'express'
import type { Upgrade } from './upgrade.ts'

/** What `sluice` takes. */
export interface ExpressSluice<R = Request> extends HttpOptions<R> {
  /**
   * Answers a refused request in place of sluice. The status and the headers of the refusal are already set. `next()` hands the request on
   * to its handler, without that status, `Retry-After` and `Cache-Control`. One that only logs leaves the answer to sluice, at once.
   *
   * An answer may come later from one that uses the response or takes `next`. If none comes within `functionTimeout`, sluice answers, with the
   * warning `SLUICE_UNANSWERED`; once its promise is fulfilled, within a second. To answer by a callback, use the response or return a promise.
   */
  readonly onRefused?: Fn<[request: R, response: Response, refused: Refused, next: NextFunction], unknown> | undefined
}

/** What `nodeSluice` takes. */
export interface NodeSluice extends HttpOptions<IncomingMessage> {
  /**
   * Answers a refused request in place of sluice. The status and the headers of the refusal are already set. `next()` hands the request on
   * to its handler, without that status, `Retry-After` and `Cache-Control`. One that only logs leaves the answer to sluice, at once.
   *
   * An answer may come later from one that uses the response or takes `next`. If none comes within `functionTimeout`, sluice answers, with the
   * warning `SLUICE_UNANSWERED`; once its promise is fulfilled, within a second. To answer by a callback, use the response or return a promise.
   */
  readonly onRefused?: Fn<[request: IncomingMessage, response: ServerResponse, refused: Refused, next: Next], unknown> | undefined
}

/** Where a middleware goes on, or passes an error. */
export type Next = (error?: unknown) => void

/** A function in a chain of middleware. */
export type Middleware<R = Request, S = Response, N = NextFunction> = (request: R, response: S, next: N) => void

/** A guard: the middleware that decides, and its verbs. */
export interface ExpressGuard<R = Request> extends Middleware<R> {
  readonly admin: Admin
  /**
   * Guards an `upgrade` handler. It fulfils with `true` where the handler may take the socket, whose slots are held until it closes. A
   * refusal is written to the socket, which is then closed, and `onRefused` is not asked; a fault is answered with 500.
   * @example
   * ```ts
   * server.on('upgrade', async (request, socket, head) => {
   *   if (await guard.upgrade(request, socket, head)) sockets.handleUpgrade(request, socket, head, serve)
   * })
   * ```
   */
  readonly upgrade: Upgrade<IncomingMessage>
  /**
   * A guard of the same store, headers and limits, with what this route adds. Behind this guard it charges only what was not charged
   * yet; alone it charges everything.
   * @throws SluiceError for every wrong option, before traffic
   */
  with(route: RouteOptions<R>): ExpressGuard<R>
}

/** A guard for servers of `node:http`, and for frameworks with middleware like theirs. */
export interface NodeGuard extends Middleware<IncomingMessage, ServerResponse, Next> {
  readonly admin: Admin
  /** As {@link ExpressGuard.upgrade}. */
  readonly upgrade: Upgrade<IncomingMessage>
  /** As {@link ExpressGuard.with}. */
  with(route: RouteOptions<IncomingMessage>): NodeGuard
}

/** A request of `node:http` that has passed a guard: `(request as GuardedRequest).sluice`. */
export interface GuardedRequest extends IncomingMessage {
  readonly sluice: RequestSluice
}

/**
 * Binds a limiter of domain subjects to Express's requests; the subject `skip` means that it does not apply.
 * @example
 * ```ts
 * app.post('/jobs/:id', guard.with({ limiter: bind(jobs, (request) => request.params.id) }), handler)
 * ```
 */
export const bind: Bind<Request> = bindRequest

declare global {
  namespace Express {
    interface Request {
      readonly sluice: RequestSluice
    }
  }
}
