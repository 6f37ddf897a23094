/** What sluice adds to Express's types, and takes as options. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Admin, Fn, Refused } from '@sluice/core'
import type { HttpOptions, RequestSluice, RouteOptions } from '@sluice/http'
import type { NextFunction, Request, Response } from 'express'

/** What `sluice` takes. */
export interface ExpressSluice<R = Request> extends HttpOptions<R> {
  /** Answers a refused request in place of sluice; the status and headers are already set. */
  readonly onRefused?: Fn<[request: R, response: Response, refused: Refused, next: NextFunction], unknown> | undefined
}

/** What `nodeSluice` takes. */
export interface NodeSluice extends HttpOptions<IncomingMessage> {
  /** Answers a refused request in place of sluice; the status and headers are already set. */
  readonly onRefused?: Fn<[request: IncomingMessage, response: ServerResponse, refused: Refused, next: Next], unknown> | undefined
}

/** Where a middleware goes on, or says what failed. */
export type Next = (error?: unknown) => void

/** A function in a chain of middleware. */
export type Middleware<R = Request, S = Response, N = NextFunction> = (request: R, response: S, next: N) => void

/** A guard: the middleware that decides, and what can be done with it besides. */
export interface ExpressGuard<R = Request> extends Middleware<R> {
  readonly admin: Admin
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
  /** As {@link ExpressGuard.with}. */
  with(route: RouteOptions<IncomingMessage>): NodeGuard
}

/** A request of `node:http` that has passed a guard: `(request as GuardedRequest).sluice`. */
export interface GuardedRequest extends IncomingMessage {
  readonly sluice: RequestSluice
}

declare global {
  namespace Express {
    interface Request {
      readonly sluice: RequestSluice
    }
  }
}
