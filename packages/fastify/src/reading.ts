/** How Fastify's requests are read. */
import { warnOnce } from '@sluice/core/internal'
import { type Adapter, SLUICE_TRUST_PROXY } from '@sluice/http'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** What the guard must know of an application. */
export function fastifyAdapter(app: FastifyInstance): Adapter<FastifyRequest> {
  warnOfTrust(app)
  return {
    options: ['onRefused'],
    split: true,
    method: (request) => request.method,
    route: (request) => request.routeOptions.url ?? null,
    remoteAddress: (request) => request.socket.remoteAddress,
    vouchedFor: (request) => request.ips ?? nobody,
    header(request, name) {
      const value = request.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    handled: (request) => reached.has(request) || request.is404,
    uploadOf: ({ raw }) => raw,
  }
}

const nobody: readonly string[] = []

/** `OPTIONS` requests whose last `preHandler` has run, so that their handler answers them. A 404 has a handler as well. */
const reached = new WeakSet<FastifyRequest>()

/** Notes that a request goes on to its handler. */
export function noteHandler(request: FastifyRequest): void {
  if (request.method === 'OPTIONS') reached.add(request)
}

/** Fastify keeps `trustProxy` in options without a public name; where they move, the warning is lost and nothing else. */
function warnOfTrust(app: FastifyInstance): void {
  const key = Object.getOwnPropertySymbols(app).find((symbol) => symbol.description === 'fastify.options')
  const options = key === undefined ? undefined : ((app as unknown as Record<symbol, unknown>)[key] as { readonly trustProxy?: unknown })
  const trust = options?.trustProxy
  if (trust === true || typeof trust === 'number') warnOnce(SLUICE_TRUST_PROXY, { value: `trustProxy: ${trust}` })
}
