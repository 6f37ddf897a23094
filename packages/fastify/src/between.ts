/** Limits that are decided between the first hook and the last: in `preParsing` and `preValidation`. Only who uses them pays for them. */
import type { Route } from '@sluice/http'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { lookUp } from './look-up.ts'
import type { FastifyLimit, Next } from './options.ts'

/** The hooks that can be named. */
export type Between = 'preParsing' | 'preValidation'
const hooks: readonly Between[] = ['preParsing', 'preValidation']

/** Decides the stages of a hook. */
export type DecideBetween = (hook: Between, request: FastifyRequest, reply: FastifyReply, next: Next) => void

/** What decides for a guarded application; the plugin sets it. */
export const decideBetween: WeakMap<FastifyInstance, DecideBetween> = new WeakMap()

/** Instances that have the hook, by name. */
const installed: Readonly<Record<Between, WeakMap<FastifyInstance, true>>> = { preParsing: new WeakMap(), preValidation: new WeakMap() }

/** Adds the hooks that the limits of a registration name, which then also decide for its routes. */
export function addBetween(instance: FastifyInstance, route: Route<FastifyRequest>): void {
  for (const hook of hooks) {
    if (route[hook].length === 0 || lookUp(installed[hook], instance) !== undefined) continue
    installed[hook].set(instance, true)
    if (hook === 'preParsing') instance.addHook(hook, (request, reply, _payload, done) => ask(hook, request, reply, done))
    else instance.addHook(hook, (request, reply, done) => ask(hook, request, reply, done))
  }
}

/** Puts a hook in front of those of a route whose own limits name it. */
export function prependBetween(options: RouteOptions): void {
  // What is wrong with it is an error later, when the route is compiled.
  const limits = (options.config?.sluice as { readonly limits?: readonly (FastifyLimit | null)[] } | null | undefined)?.limits
  if (!Array.isArray(limits)) return
  for (const hook of hooks) {
    if (!limits.some((limit: FastifyLimit | null) => limit?.hook === hook)) continue
    // The hook of the application has decided for the route as well.
    const decide = (request: FastifyRequest, reply: FastifyReply, done: Next): void =>
      lookUp(installed[hook], request.server) === undefined ? ask(hook, request, reply, done) : done()
    const first =
      hook === 'preParsing'
        ? (request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: Next) => decide(request, reply, done)
        : (request: FastifyRequest, reply: FastifyReply, done: Next) => decide(request, reply, done)
    options[hook] = [first, ...[options[hook] ?? []].flat()] as never
  }
}

function ask(hook: Between, request: FastifyRequest, reply: FastifyReply, next: Next): void {
  const decide = lookUp(decideBetween, request.server)
  if (decide === undefined) next()
  else decide(hook, request, reply, next)
}
