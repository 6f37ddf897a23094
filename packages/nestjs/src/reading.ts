/** How the requests of both platforms are read. */
import type { ExecutionContext } from '@nestjs/common'
import { type Adapter, type NodeResponse, neverHasAddress, trustedByExpress, type Upload } from '@sluice/http'
import type { NestCall, NestReply, NestRequest, NestResponse } from './options.ts'

/** What only one of the platforms has. */
interface PlatformRequest extends NestRequest {
  /** Fastify: the message of `node:http`. */
  readonly raw?: Upload
  /** Fastify. */
  readonly routeOptions?: { readonly url?: string | undefined }
  /** Express. */
  readonly route?: { readonly path?: unknown }
  /** Express, and Fastify that trusts proxies. */
  readonly ips?: readonly string[]
}

/** What the guard must know of NestJS. */
export function nestAdapter(): Adapter<NestRequest> {
  const vouchedByExpress = trustedByExpress()
  return {
    options: ['requestOf'],
    split: false,
    method: (request) => request.method ?? 'GET',
    route: ({ routeOptions, route }: PlatformRequest) => routeOptions?.url ?? (typeof route?.path === 'string' ? route.path : null),
    remoteAddress: (request) => request.socket.remoteAddress,
    isUnix: (request) => neverHasAddress(request.socket),
    vouchedFor: (request: PlatformRequest) =>
      request.raw === undefined ? vouchedByExpress(request as Parameters<typeof vouchedByExpress>[0]) : (request.ips ?? []),
    header(request, name) {
      const value = request.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    uploadOf: (request: PlatformRequest) => request.raw ?? (request as unknown as Upload),
  }
}

/** The request and the response of a call; `null` where it has none, such as a message of a microservice. */
export function usualCall(context: ExecutionContext): NestCall | null {
  switch (context.getType<'http' | 'graphql'>()) {
    case 'http': {
      const http = context.switchToHttp()
      return { request: http.getRequest<NestRequest>(), response: http.getResponse<NestResponse>() }
    }
    case 'graphql':
      return ofGraphql(context.getArgByIndex<GraphqlContext>(2))
    default:
      return null
  }
}

/** The context of Apollo, and that of Mercurius. */
interface GraphqlContext {
  readonly req?: NestRequest
  readonly res?: NestResponse
  readonly reply?: NestReply & { readonly request: NestRequest }
}

function ofGraphql({ req, res, reply }: GraphqlContext): NestCall | null {
  const request = req ?? reply?.request
  // Apollo's usual context has the request alone, and Express keeps its response there.
  return request === undefined ? null : { request, response: res ?? reply ?? (request as { readonly res?: NestResponse }).res }
}

/** A response as the guard writes it, whatever the platform. */
export interface Head {
  readonly node: NodeResponse
  readonly isSent: boolean
  get(name: string): string | undefined
  set(name: string, value: string): void
  remove(name: string): void
}

/** The head of a response. */
export function headOf(response: NestResponse): Head {
  const node = response.raw ?? response
  return {
    node,
    get isSent() {
      return node.headersSent === true || (response.raw !== undefined && response.sent)
    },
    get(name) {
      const value = response.getHeader(name)
      return value === undefined ? undefined : String(value)
    },
    set: (name, value) => void (response.raw === undefined ? response.setHeader(name, value) : response.header(name, value)),
    remove: (name) => void response.removeHeader(name),
  }
}
