/** The Fastify plugin: hooks that ask the guard, and replies that say what it answered. */
import type { MaybePromise } from '@sluice/core'
import { isPromise } from '@sluice/core/internal'
import { createGuard, type Plan, type Refusal, type RequestContext, type Route, type Stage, type Watch, whenEnded } from '@sluice/http'
import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify'
import plugin from 'fastify-plugin'
import { lookUp } from './look-up.ts'
import type { FastifySluice } from './options.ts'
import { fastifyAdapter, noteHandler } from './reading.ts'
import { answerProviderRefusal, failWith, refuse } from './refuse.ts'
import { decideLast, decideLate, follow } from './routes.ts'
import { nested, type Scopes, scopesOf } from './scopes.ts'
import { writeHeaders } from './write-headers.ts'

const contextKey = Symbol('sluice.context')
const guarded = new WeakMap<FastifyInstance, Scopes>()

interface Guarded extends FastifyRequest {
  [contextKey]: RequestContext<FastifyRequest> | null
}

const register: FastifyPluginCallback<FastifySluice> = (app, options, done) => {
  try {
    const outer = lookUp(guarded, app)
    if (outer === undefined) guardFrom(app, options)
    else if (outer.add(app, nested(options, outer.guard)).late.length > 0) decideLate(app)
  } catch (error) {
    // What a plugin throws would be an uncaught error; what it is done with rejects `ready()`.
    return done(error as Error)
  }
  done()
}

function guardFrom(app: FastifyInstance, options: FastifySluice): void {
  const fromBirth = follow(app)
  const guard = createGuard<FastifyRequest>(options, fastifyAdapter(app))
  const scopes = scopesOf(guard, app, fromBirth)
  guarded.set(app, scopes)

  function contextOf(request: FastifyRequest, reply?: FastifyReply): RequestContext<FastifyRequest> {
    const known = request as Guarded
    const watch: Watch | undefined = reply && ((finish) => whenEnded(reply.raw, (name) => headerText(reply.getHeader(name)), finish))
    // Another guard, of a parent that registered after its child, may have opened one.
    known[contextKey] = guard.open(request, watch, known[contextKey] ?? undefined)
    return known[contextKey]
  }

  function decide(
    request: FastifyRequest,
    reply: FastifyReply,
    plan: Plan<FastifyRequest>,
    stages: readonly Stage<FastifyRequest>[],
    next: (error?: Error) => void,
  ): void {
    let context: RequestContext<FastifyRequest>
    let refusal: MaybePromise<Refusal | null>
    try {
      context = contextOf(request, reply)
      refusal = guard.decide(context, plan, stages)
    } catch (error) {
      failWith(guard.faultOf(error), request, reply, next)
      return
    }
    if (isPromise(refusal)) proceedLate(context, reply, refusal, next)
    else proceed(context, reply, refusal, next)
  }

  function proceed(
    context: RequestContext<FastifyRequest>,
    reply: FastifyReply,
    refusal: Refusal | null,
    next: (error?: Error) => void,
  ): void {
    if (refusal !== null) {
      refuse(context.request, reply, refusal, guard, options.onRefused)
      return
    }
    writeHeaders(reply, guard.quota(context))
    next()
  }

  /** Apart from `decide`, where its closures would make every request allocate. */
  function proceedLate(
    context: RequestContext<FastifyRequest>,
    reply: FastifyReply,
    refusal: Promise<Refusal | null>,
    next: (error?: Error) => void,
  ): void {
    const fail = (error: unknown): void => failWith(guard.faultOf(error), context.request, reply, next)
    refusal.then((late) => proceed(context, reply, late, next), fail).catch(next)
  }

  const decideInPreHandler: preHandlerHookHandler = (request, reply, next) => {
    noteHandler(request)
    const route = scopes.decidesLate() ? scopes.routeOf(request) : null
    if (route === null || route.late.length === 0) next()
    else decide(request, reply, route.plan, route.late, next)
  }

  app.decorate('sluice', guard.admin)
  app.decorateRequest(contextKey as unknown as string, null)
  app.decorateRequest('sluice', {
    getter: function (this: FastifyRequest) {
      return contextOf(this).sluice
    },
  } as never)
  app.addHook('onRequest', (request, reply, next) => {
    let route: Route<FastifyRequest>
    try {
      route = scopes.routeOf(request)
    } catch (error) {
      // Of a route that was declared before its application was followed, wrong options are found here.
      failWith(guard.faultOf(error), request, reply, next)
      return
    }
    if (route.early.length === 0 && !guard.screens) next()
    else decide(request, reply, route.plan, route.early, next)
  })
  app.addHook('onError', answerProviderRefusal)
  decideLast.set(app, decideInPreHandler)
  if (!fromBirth || guard.root.late.length > 0) decideLate(app)
  app.addHook('onReady', async () => scopes.check(app))
  app.addHook('onClose', async () => guard.admin.close())
}

function headerText(value: number | string | readonly string[] | undefined): string | undefined {
  return value === undefined ? undefined : String(value)
}

/**
 * Throttling for Fastify: `app.register(sluice, { limits })`, with or without `await`.
 *
 * It guards the instance that registers it and everything under it: routes declared before and after, 404s, HEAD, prefixes and child
 * contexts. A second registration, there or further in, adds its limits to the first.
 */
export const sluice: FastifyPluginCallback<FastifySluice> = plugin(register, { fastify: '5.x', name: '@sluice/fastify' })
export default sluice
