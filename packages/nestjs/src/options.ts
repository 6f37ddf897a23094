/** What an application writes for NestJS. */
import type { ExecutionContext, InjectionToken, ModuleMetadata } from '@nestjs/common'
import type { Fn, MaybePromise } from '@sluice/core'
import {
  type Bind,
  bind as bindRequest,
  type HttpLimit,
  type HttpOptions,
  type NodeResponse,
  type RequestSluice,
  type ServerSocket,
} from '@sluice/http'

/**
 * What Express and Fastify both have of a request. Functions of limits get the request of the platform: write its type where you need
 * more, as in `by: (request: Request) => request.user.id`.
 */
export interface NestRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly socket: ServerSocket & { readonly remoteAddress?: string | undefined }
}

/** Writes header fields, and reads what is set. */
interface Fields {
  removeHeader(name: string): unknown
  getHeader(name: string): number | string | readonly string[] | undefined
}

/** A response of `node:http`, which that of Express is. */
export interface NestNodeResponse extends NodeResponse, Fields {
  readonly raw?: undefined
  setHeader(name: string, value: string): unknown
}

/** What Express and Fastify have of a response. */
export type NestResponse = NestNodeResponse | NestReply

/** The response of Fastify, as far as it is used. */
export interface NestReply extends Fields {
  readonly raw: NodeResponse
  readonly sent: boolean
  header(name: string, value: string): unknown
}

/** One call of a handler: the request that it belongs to, and the response if it has one. */
export interface NestCall {
  readonly request: NestRequest
  /** It gets the header fields, and where it ends the request ends. @default none is written, and slots come back when their lease ends */
  readonly response?: NestResponse | undefined
}

/** What {@link SluiceModule.forRoot} takes. */
export interface NestSluice extends HttpOptions<NestRequest> {
  /**
   * Whether every handler is guarded. With `false` it is where you write `@UseGuards(SluiceGuard)`, which can stand behind your own guards.
   * @default true
   */
  readonly global?: boolean | undefined
  /**
   * Finds the request of a call that has it elsewhere; `null` where a call is not limited. HTTP needs none, nor does GraphQL whose context
   * has `req`, as with Apollo, or `reply`, as with Mercurius. Messages of microservices and WebSockets are not limited without it.
   * @default as above
   */
  readonly requestOf?: Fn<[context: ExecutionContext], NestCall | null> | undefined
}

/** What {@link SluiceModule.forRootAsync} takes. */
export interface NestSluiceAsync extends Pick<NestSluice, 'global'> {
  /** Modules that export what `inject` names. @default none */
  readonly imports?: ModuleMetadata['imports'] | undefined
  /** What `useFactory` gets, in this order. @default nothing */
  readonly inject?: readonly InjectionToken[] | undefined
  /** Returns the options. */
  readonly useFactory: Fn<readonly unknown[], MaybePromise<Omit<NestSluice, 'global'>>>
}

/** A limit of a controller or a handler. */
export type NestLimit = HttpLimit<NestRequest>

/** A request that has passed the guard: `@Req() request: GuardedRequest`. */
export interface GuardedRequest extends NestRequest {
  readonly sluice: RequestSluice
}

/**
 * Binds a limiter of domain subjects to requests; the subject `skip` means that it does not apply.
 * @example
 * ```ts
 * SluiceModule.forRoot({ limiter: bind(platform, (request) => ({ application: String(request.headers['x-application']) })) })
 * ```
 */
export const bind: Bind<NestRequest> = bindRequest
