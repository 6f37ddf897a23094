/** How Fastify's requests are read. */
import { warnOnce } from '@sluice/core/internal'
import { type Adapter, neverHasAddress, type ServerSocket, SLUICE_TRUST_HOPS, SLUICE_TRUST_NO_HOPS, SLUICE_TRUST_PROXY } from '@sluice/http'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** What the guard must know of an application. @param hasTrust - whether the guard has a `trust` of its own, which then counts alone */
export function fastifyAdapter(app: FastifyInstance, hasTrust: boolean): Adapter<FastifyRequest> {
  if (!hasTrust) warnOfTrust(app)
  return {
    options: ['onRefused'],
    split: true,
    method: (request) => request.method,
    route: (request) => request.routeOptions.url ?? null,
    remoteAddress: (request) => request.socket.remoteAddress,
    isUnix: (request) => neverHasAddress(request.socket as ServerSocket),
    vouchedFor: (request) => request.ips ?? nobody,
    header(request, name) {
      const value = request.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    handled: (request) => reached.has(request) || request.is404,
    uploadOf: ({ raw }) => raw,
    // Fastify takes no plugin once it serves.
    isMounted: () => true,
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
  const value = `trustProxy: ${String(trust)}`
  if (trust === true) warnOnce(SLUICE_TRUST_PROXY, { value })
  if (typeof trust === 'number') warnOnce(countsHops(app.version) ? SLUICE_TRUST_HOPS : SLUICE_TRUST_NO_HOPS, { value, hops: trust })
}

/** Since 5.12.1 a number trusts no proxy (GHSA-3m5p-2c4r-xxw2). */
function countsHops(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return major < 5 || (major === 5 && (minor < 12 || (minor === 12 && patch < 1)))
}
