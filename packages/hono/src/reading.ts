/** How Hono's contexts are read. */
import { type Adapter, isCorsAnswer, neverHasAddress } from '@sluice/http'
import { nodeBindings } from '@sluice/http/fetch'
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
    isUnix: (c) => neverHasAddress(nodeBindings(c.env).incoming?.socket),
    // Hono knows of no proxies: `trust` says whom to believe.
    vouchedFor: () => [],
    header: (c, name) => c.req.header(name),
    handled: (c, response) => reachedHandler(c) || !isCorsAnswer(response),
    uploadOf: (c) => nodeBindings(c.env).incoming,
    isMounted: (c, plan) => matchedRoutes(c).some(({ handler }) => plans.get(handler) === plan),
  }
}

/** The plans of guards. */
const plans = new WeakMap<object, object>()

/** A guard, with the plan by which it is known among the routes of an application. */
export function withPlan<H extends object>(guard: H, plan: object): H {
  plans.set(guard, plan)
  return guard
}

/** The pattern of the route that will answer. */
function route(c: Context): string | null {
  return matchedRoutes(c).find(isHandler)?.path ?? null
}

/** Whether Hono came as far as a handler. Its index is that of the last function that it called. */
function reachedHandler(c: Context): boolean {
  return matchedRoutes(c)
    .slice(0, c.req.routeIndex + 1)
    .some(isHandler)
}

/** `use` and `all` both register for every method, and a handler differs from a middleware by taking no `next`. */
function isHandler({ method, handler }: ReturnType<typeof matchedRoutes>[number]): boolean {
  return method !== 'ALL' || handler.length < 2
}
