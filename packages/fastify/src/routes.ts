/**
 * Every route that an application declares, seen from the first one on.
 *
 * `onRoute` hooks see only what is declared after them, and `app.register(sluice)` without `await` runs after the routes below it have
 * been declared. So each new application is followed from its birth, which Fastify announces on a diagnostics channel.
 */
import { subscribe } from 'node:diagnostics_channel'
import type { FastifyInstance, preHandlerHookHandler, RouteOptions } from 'fastify'
import { prependBetween } from './between.ts'
import { lookUp } from './look-up.ts'

/** A route, and where it was declared. */
export interface DeclaredRoute {
  readonly instance: FastifyInstance
  readonly url: string
  /** As Fastify has them: it reads the hooks when everything is loaded. */
  readonly options: RouteOptions
  /** Whether the last of its preHandlers is ours. */
  decidesLast: boolean
}

const declared = new WeakMap<FastifyInstance, DeclaredRoute[]>()
const declaredAs: unique symbol = Symbol('sluice.route')

/** The routes of an instance and of its children. */
export function routesIn(instance: FastifyInstance): readonly DeclaredRoute[] {
  const routes = lookUp(declared, instance) ?? []
  return routes.filter((route) => route.instance === instance || Object.prototype.isPrototypeOf.call(instance, route.instance))
}

/** What runs last of the preHandlers; the plugin sets what it does for a guarded application. */
export const decideLast: WeakMap<FastifyInstance, preHandlerHookHandler> = new WeakMap()

const defaultErrorHandlers = new WeakSet<FastifyInstance['errorHandler']>()

/** Whether an error handler is the one that Fastify gives to every application when it is made. */
export function isDefaultErrorHandler(handler: FastifyInstance['errorHandler']): boolean {
  return defaultErrorHandlers.has(handler)
}

/** Follows an application, unless it is followed already. @returns whether it was, so that every route of it is known */
export function follow(app: FastifyInstance): boolean {
  if (lookUp(declared, app) !== undefined) return true
  const routes: DeclaredRoute[] = []
  declared.set(app, routes)
  app.addHook('onRoute', function (this: FastifyInstance, options) {
    const route = { instance: this, url: options.url, options, decidesLast: false }
    options.config = Object.assign({}, options.config, { [declaredAs]: route })
    routes.push(route)
    // Other plugins may yet say something for the route, such as to decide something late.
    this.after(() => {
      prependBetween(options)
      if (options.config?.sluice !== undefined || lookUp(late, this) !== undefined || answersOptions(options)) appendLast(route)
    })
  })
  return false
}

/**
 * Appends a last `preHandler`, which decides late limits, to the routes of an instance and to those that are declared later. It is called
 * only where something may be decided late, since every route pays for it.
 *
 * A hook of the instance decides for requests whose route has no such `preHandler`: 404s, and routes that were declared before their
 * application was followed.
 */
export function decideLate(instance: FastifyInstance): void {
  if (lookUp(late, instance) !== undefined) return
  late.set(instance, true)
  for (const route of routesIn(instance)) appendLast(route)
  instance.addHook('preHandler', function (request, reply, done) {
    // Fastify's types promise a config, which a 404 has not.
    const config = request.routeOptions.config as { readonly [declaredAs]?: DeclaredRoute } | undefined
    if (config?.[declaredAs]?.decidesLast === true) done()
    else lastPreHandler.call(this, request, reply, done)
  })
}

/** Instances that may decide something late. */
const late = new WeakMap<FastifyInstance, true>()

/** Whether a route may answer a CORS preflight, which costs nothing unless its handler is reached. */
function answersOptions({ method }: RouteOptions): boolean {
  return [method].flat().includes('OPTIONS')
}

/** After the route's own preHandlers, which may say who the user is. */
function appendLast(route: DeclaredRoute): void {
  if (route.decidesLast) return
  const { preHandler } = route.options
  const own = preHandler === undefined ? [] : Array.isArray(preHandler) ? preHandler : [preHandler]
  route.options.preHandler = [...own, lastPreHandler]
  route.decidesLast = true
}

const lastPreHandler: preHandlerHookHandler = function (request, reply, done) {
  const decide = lookUp(decideLast, request.server)
  if (decide === undefined) done()
  else decide.call(this, request, reply, done)
}

subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { readonly fastify: FastifyInstance }
  defaultErrorHandlers.add(fastify.errorHandler)
  follow(fastify)
})
