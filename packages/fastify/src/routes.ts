/**
 * Every route that an application declares, seen from the first one on.
 *
 * `onRoute` hooks see only what is declared after them, and `app.register(sluice)` without `await` runs after the routes below it have
 * been declared. So each new application is followed from its birth, which Fastify announces on a diagnostics channel.
 */
import { subscribe } from 'node:diagnostics_channel'
import type { Route } from '@sluice/http'
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import { type HookName, hookNames, namesStep, prependFirst, stepFunction } from './between.ts'
import { lookUp } from './look-up.ts'

/** A route, and where it was declared. */
export interface DeclaredRoute {
  readonly instance: FastifyInstance
  readonly url: string
  /** As Fastify has them: it reads the hooks when everything is loaded. */
  readonly options: RouteOptions
  /** The hooks whose last function is ours. */
  readonly decidesLast: Set<HookName>
}

const declared = new WeakMap<FastifyInstance, DeclaredRoute[]>()
const declaredAs: unique symbol = Symbol('sluice.route')

/** The routes of an instance and of its children. */
export function routesIn(instance: FastifyInstance): readonly DeclaredRoute[] {
  const routes = lookUp(declared, instance) ?? []
  return routes.filter((route) => route.instance === instance || Object.prototype.isPrototypeOf.call(instance, route.instance))
}

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
    const route = { instance: this, url: options.url, options, decidesLast: new Set<HookName>() }
    options.config = Object.assign({}, options.config, { [declaredAs]: route })
    routes.push(route)
    // Other plugins may yet say something for the route, such as to decide something late.
    this.after(() => {
      prependFirst(options)
      for (const hook of hookNames) if (lookUp(last[hook]!, this) !== undefined || mayDecideLast(options, hook)) appendLast(route, hook)
    })
  })
  return false
}

/**
 * Appends a last function to a hook of the routes of an instance, and of those that are declared later. It decides last there. It is called
 * only where something may be decided so, since every route pays for it.
 *
 * A hook of the instance decides for requests whose route has no such function: 404s, and routes that were declared before their
 * application was followed.
 */
export function decideLast(instance: FastifyInstance, hook: HookName): void {
  if (lookUp(last[hook]!, instance) !== undefined) return
  last[hook]!.set(instance, true)
  for (const route of routesIn(instance)) appendLast(route, hook)
  const decidesItself = ({ routeOptions }: FastifyRequest): boolean => {
    // Fastify's types promise a config, which a 404 has not.
    const config = routeOptions.config as { readonly [declaredAs]?: DeclaredRoute } | undefined
    return config?.[declaredAs]?.decidesLast.has(hook) === true
  }
  instance.addHook(hook as 'onRequest', stepFunction(hook, `${hook} last`, decidesItself))
}

/** Decides last in the hooks that limits of a registration name. */
export function decideLastFor(instance: FastifyInstance, { between }: Route<FastifyRequest>): void {
  for (const hook of hookNames) if (between[`${hook} last`] !== undefined) decideLast(instance, hook)
}

/** Instances that may decide something last in a hook, by its name. */
const last: Readonly<Record<string, WeakMap<FastifyInstance, true>>> = Object.fromEntries(hookNames.map((hook) => [hook, new WeakMap()]))

/** Whether a route may decide something last in a hook by itself. A CORS preflight costs nothing unless the handler of its route is reached. */
function mayDecideLast(options: RouteOptions, hook: HookName): boolean {
  if (hook !== 'preHandler') return namesStep(options, `${hook} last`)
  return options.config?.sluice !== undefined || [options.method].flat().includes('OPTIONS')
}

/** After the route's own functions, which may say who the user is. */
function appendLast({ options, decidesLast }: DeclaredRoute, hook: HookName): void {
  if (decidesLast.has(hook)) return
  decidesLast.add(hook)
  const own = [options[hook] ?? []].flat() as unknown[]
  options[hook] = [...own, stepFunction(hook, `${hook} last`)] as never
}

subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { readonly fastify: FastifyInstance }
  defaultErrorHandlers.add(fastify.errorHandler)
  follow(fastify)
})
