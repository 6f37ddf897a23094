/**
 * Every route that an application declares, seen from the first one on.
 *
 * `onRoute` hooks see only what is declared after them, and `app.register(sluice)` without `await` runs after the routes below it have
 * been declared. So each new application is followed from its birth, which Fastify announces on a diagnostics channel.
 */
import { subscribe } from 'node:diagnostics_channel'
import type { FastifyInstance, preHandlerHookHandler, RouteOptions } from 'fastify'
import { lookUp } from './look-up.ts'

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
  return lookUp(declared, app) ?? []
}

/** What runs last of the preHandlers; the plugin sets what it does for a guarded application. */
export const decideLast: WeakMap<FastifyInstance, preHandlerHookHandler> = new WeakMap()

/** Follows an application, unless it is followed already. @returns whether it was, so that every route of it is known */
export function follow(app: FastifyInstance): boolean {
  if (lookUp(declared, app) !== undefined) return true
  const routes: DeclaredRoute[] = []
  declared.set(app, routes)
  app.addHook('onRoute', function (this: FastifyInstance, route) {
    const options = route.config?.sluice
    if (options !== undefined) routes.push({ instance: this, method: route.method, url: route.url, options })
    appendLast(route)
  })
  return false
}

/**
 * Decides in a preHandler of an instance where no route of it has one as its last: for 404s, and for routes that were declared before
 * their application was followed. Only where something may be decided late, since every route would pay for it.
 */
export function decideElsewhere(app: FastifyInstance): void {
  if (lookUp(elsewhere, app) !== undefined) return
  elsewhere.set(app, true)
  app.addHook('preHandler', function (request, reply, done) {
    // Fastify's types promise a config, which a 404 has not.
    const config: object | undefined = request.routeOptions.config
    if (config !== undefined && last in config) done()
    else lastPreHandler.call(this, request, reply, done)
  })
}

const elsewhere = new WeakMap<FastifyInstance, true>()

/** After the route's own preHandlers, which may say who the user is. */
function appendLast(route: RouteOptions): void {
  const own = route.preHandler === undefined ? [] : Array.isArray(route.preHandler) ? route.preHandler : [route.preHandler]
  route.preHandler = [...own, lastPreHandler]
  route.config = Object.assign({}, route.config, { [last]: true })
}

const lastPreHandler: preHandlerHookHandler = function (request, reply, done) {
  const decide = lookUp(decideLast, request.server)
  if (decide === undefined) done()
  else decide.call(this, request, reply, done)
}

subscribe('fastify.initialization', (message) => follow((message as { readonly fastify: FastifyInstance }).fastify))
