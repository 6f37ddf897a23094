/**
 * Every route that an application declares, seen from the first one on.
 *
 * `onRoute` hooks see only what is declared after them, and `app.register(sluice)` without `await` runs after the routes below it have
 * been declared. So each new application is followed from its birth, which Fastify announces on a diagnostics channel.
 */
import { subscribe } from 'node:diagnostics_channel'
import type { FastifyInstance, preHandlerHookHandler, RouteOptions } from 'fastify'

/** A route that says something under `config.sluice`, and where it was declared. */
export interface DeclaredRoute {
  readonly instance: FastifyInstance
  readonly method: string | readonly string[]
  readonly url: string
  readonly options: unknown
}

const declared = new WeakMap<FastifyInstance, DeclaredRoute[]>()
const last: unique symbol = Symbol('sluice.last')

/** The routes of an application, its own and those of its children, that say something under `config.sluice`. */
export function routesOf(app: FastifyInstance): readonly DeclaredRoute[] {
  // Children inherit from the application they belong to, and it alone is a key.
  for (let at = app; at !== null; at = Object.getPrototypeOf(at) as FastifyInstance) {
    const routes = declared.get(at)
    if (routes !== undefined) return routes
  }
  return []
}

/** Whether {@link decideLast} runs as last of the preHandlers of this route; elsewhere, as for a 404, an instance's own hook must do. */
export function isFollowed(config: object | undefined): boolean {
  return config !== undefined && last in config
}

/** What runs last of the preHandlers; the plugin sets what it does for a guarded application. */
export const decideLast: WeakMap<FastifyInstance, preHandlerHookHandler> = new WeakMap()

/** Follows an application, unless it is followed already. */
export function follow(app: FastifyInstance): void {
  if (declared.has(app)) return
  const routes: DeclaredRoute[] = []
  declared.set(app, routes)
  app.addHook('onRoute', function (this: FastifyInstance, route) {
    const options = route.config?.sluice
    if (options !== undefined) routes.push({ instance: this, method: route.method, url: route.url, options })
    appendLast(route)
  })
}

/** After the route's own preHandlers, which may say who the user is. */
function appendLast(route: RouteOptions): void {
  const own = route.preHandler === undefined ? [] : Array.isArray(route.preHandler) ? route.preHandler : [route.preHandler]
  route.preHandler = [...own, lastPreHandler]
  route.config = Object.assign({}, route.config, { [last]: true })
}

const lastPreHandler: preHandlerHookHandler = function (request, reply, done) {
  for (let at = request.server; at !== null; at = Object.getPrototypeOf(at) as FastifyInstance) {
    const decide = decideLast.get(at)
    if (decide !== undefined) return decide.call(this, request, reply, done)
  }
  done()
}

subscribe('fastify.initialization', (message) => follow((message as { readonly fastify: FastifyInstance }).fastify))
