/** What sluice adds to Fastify's types, and takes as options. */
import type { Admin, Fn, Refused } from '@sluice/core'
import type { HttpLimit, HttpOptions, RequestSluice, RouteOptions } from '@sluice/http'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A limit on Fastify's requests. */
export interface FastifyLimit extends HttpLimit<FastifyRequest> {
  /** When it is decided. @default 'onRequest' without `by`; with it last of the `preHandler`s, where the user and the body are known */
  readonly hook?: 'onRequest' | 'preHandler' | undefined
}

/** What a route says under `config.sluice`. */
export type FastifyRoute = RouteOptions<FastifyRequest, FastifyLimit>

/** What the plugin takes. */
export interface FastifySluice extends HttpOptions<FastifyRequest, FastifyLimit> {
  /** Answers a refused request in place of sluice; the status and headers are already set. */
  readonly onRefused?: Fn<[request: FastifyRequest, reply: FastifyReply, refused: Refused], unknown> | undefined
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What limits this route; `false` for no limit. The deny list of the guard holds all the same. */
    sluice?: FastifyRoute | false | undefined
  }
  interface FastifyRequest {
    readonly sluice: RequestSluice
  }
  interface FastifyInstance {
    readonly sluice: Admin
  }
}
