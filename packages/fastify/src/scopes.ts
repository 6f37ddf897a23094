/** Which plan guards a route: that of the nearest registration around it, with what the route says itself. */

import { type Guard, type Route, type RouteOptions, SLUICE_TWO_STORES } from '@sluice/http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SLUICE_NESTED, SLUICE_RATE_LIMIT, SLUICE_ROUTE, SluiceError } from './errors.ts'
import type { FastifySluice } from './options.ts'
import { type DeclaredRoute, routesIn } from './routes.ts'

/** The plans of one guarded application. */
export interface Scopes {
  readonly guard: Guard<FastifyRequest>
  /** Adds the options of a further registration to what guards an instance and its children. @returns what guards them now */
  add(instance: FastifyInstance, options: RouteOptions<FastifyRequest>): Route<FastifyRequest>
  /** What guards an instance: the routes in it that say nothing themselves. */
  around(instance: FastifyInstance): Route<FastifyRequest>
  /** What guards a request. */
  routeOf(request: FastifyRequest): Route<FastifyRequest>
  /** Whether any route that was asked for so far decides something late. */
  decidesLate(): boolean
  /** Compiles every declared route. @throws SluiceError `SLUICE_ROUTE` for the first one that is wrong */
  check(app: FastifyInstance): void
}

/**
 * The scopes under a guard that was registered on `root`.
 * @param knowsAll - whether every route of it is followed
 */
export function scopesOf(guard: Guard<FastifyRequest>, root: FastifyInstance, knowsAll: boolean): Scopes {
  // To ask a request for the options of its route takes Fastify as long as all else that is looked up here.
  let routesSay = true
  let late = guard.root.late.length > 0
  const added = new Map<FastifyInstance, RouteOptions<FastifyRequest>[]>()
  const scopes = new Map<FastifyInstance, Route<FastifyRequest>>()
  /** What guards a route that says `false`: no limit. The lists of the guard still hold. */
  const unlimited = guard.route(guard.root.plan, { inherit: false }, 'config.sluice')
  const compiled = new WeakMap<Route<FastifyRequest>, Map<unknown, Route<FastifyRequest>>>()

  /** What guards an instance: the root's plan, and what each registration on the way in has added. */
  function around(instance: FastifyInstance): Route<FastifyRequest> {
    const known = scopes.get(instance)
    if (known !== undefined) return known
    const isInside = Object.prototype.isPrototypeOf.call(root, instance)
    const outer = isInside ? around(Object.getPrototypeOf(instance) as FastifyInstance) : guard.root
    const scope = (added.get(instance) ?? []).reduce((route, options) => guard.route(route.plan, options, 'sluice'), outer)
    scopes.set(instance, scope)
    late ||= scope.late.length > 0
    return scope
  }

  function compile(instance: FastifyInstance, own: unknown): Route<FastifyRequest> {
    if (own === false) return unlimited
    const scope = around(instance)
    if (own === undefined) return scope
    const routes = compiled.get(scope) ?? new Map<unknown, Route<FastifyRequest>>()
    compiled.set(scope, routes)
    const route = routes.get(own) ?? guard.route(scope.plan, own as RouteOptions<FastifyRequest>, 'config.sluice')
    routes.set(own, route)
    late ||= route.late.length > 0
    return route
  }

  return {
    guard,
    add(instance, options) {
      added.set(instance, [...(added.get(instance) ?? []), options])
      // An instance further in may have been asked for already, and now has more around it.
      scopes.clear()
      return around(instance)
    },
    around,
    routeOf: (request) => (routesSay ? compile(request.server, request.routeOptions.config?.sluice) : around(request.server)),
    decidesLate: () => late,
    check(app) {
      routesIn(app).forEach(refuseRateLimit)
      // Another guard may stand around other parts of the application.
      const saying = routesIn(app).filter(({ options }) => options.config?.sluice !== undefined)
      for (const { instance, url, options } of saying) checkRoute(options.method, url, () => compile(instance, options.config?.sluice))
      routesSay = !knowsAll || saying.length > 0
      guard.warnIfUnlimited()
    },
  }
}

/** @throws SluiceError `SLUICE_RATE_LIMIT` for options of `@fastify/rate-limit` that no plugin reads */
function refuseRateLimit({ instance, url, options: { method, config } }: DeclaredRoute): void {
  const value = (config as { readonly rateLimit?: unknown } | undefined)?.rateLimit
  if (value !== undefined && !instance.hasDecorator('rateLimit')) throw new SluiceError(SLUICE_RATE_LIMIT, { method, url, value })
}

/** Names the route in what is wrong with it. */
function checkRoute(method: string | readonly string[], url: string, compile: () => unknown): void {
  try {
    compile()
  } catch (cause) {
    if (!(cause instanceof SluiceError)) throw cause
    throw new SluiceError(SLUICE_ROUTE, { method, url, reason: cause.message }, { cause })
  }
}

/** The options of a registration within another: what a route can say, and the same store if any. @throws SluiceError `SLUICE_NESTED` */
export function nested({ store, ...options }: FastifySluice, guard: Guard<FastifyRequest>): RouteOptions<FastifyRequest> {
  if (store !== undefined && store !== guard.store) throw new SluiceError(SLUICE_TWO_STORES)
  const { limits, limiter, cost, settle, inherit, when, ...others } = options
  for (const [option, value] of Object.entries(others)) if (value !== undefined) throw new SluiceError(SLUICE_NESTED, { option })
  return { limits, limiter, cost, settle, inherit, when }
}
