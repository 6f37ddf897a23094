/** How Hono's contexts are read. */
import type { Adapter } from '@sluice/http'
import type { Context } from 'hono'
import type { GetConnInfo } from 'hono/conninfo'
import { matchedRoutes } from 'hono/route'

/** What the guard must know of Hono. @param connInfo - of the runtime, which alone knows the socket */
export function honoAdapter(connInfo: GetConnInfo | undefined): Adapter<Context> {
  return {
    options: ['connInfo', 'onRefused'],
    split: false,
    addressless: connInfo === undefined,
    method: (c) => c.req.method,
    route,
    remoteAddress: (c) => connInfo?.(c).remote.address,
    // Hono knows of no proxies: `trust` says whom to believe.
    vouchedFor: () => [],
    header: (c, name) => c.req.header(name),
  }
}

/** The pattern of the route that will answer. `use` and `all` both register for every method, and a handler differs from a middleware by taking no `next`. */
function route(c: Context): string | null {
  return matchedRoutes(c).find(({ method, handler }) => method !== 'ALL' || handler.length < 2)?.path ?? null
}
