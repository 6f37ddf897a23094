/** The Fastify plugin: hooks that ask the guard, and replies that say what it answered. */
import { isPromise, type MaybePromise } from '@sluice/core'
import { createGuard, type Exchange, type Plan, type Refusal, type Stage, whenEnded } from '@sluice/http'
import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify'
import plugin from 'fastify-plugin'
import { lookUp } from './look-up.ts'
import type { FastifySluice } from './options.ts'
import { fastifyAdapter } from './reading.ts'
import { refuse } from './refuse.ts'
import { decideLast, decideLate, follow } from './routes.ts'
import { nested, type Scopes, scopesOf } from './scopes.ts'
import { writeHeaders } from './write-headers.ts'

const exchangeKey = Symbol('sluice.exchange')
const guarded = new WeakMap<FastifyInstance, Scopes>()

interface Guarded extends FastifyRequest {
  [exchangeKey]: Exchange<FastifyRequest> | null
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

  function exchangeOf(request: FastifyRequest): Exchange<FastifyRequest> {
    const known = request as Guarded
    // Another guard, of a parent that registered after its child, may have opened one.
    known[exchangeKey] = guard.open(request, undefined, known[exchangeKey] ?? undefined)
    return known[exchangeKey]
  }

  function decide(
    request: FastifyRequest,
    reply: FastifyReply,
    plan: Plan<FastifyRequest>,
    stages: readonly Stage<FastifyRequest>[],
    next: (error?: Error) => void,
  ): void {
    const exchange = exchangeOf(request)
    const waited = exchange.waits()
    let refusal: MaybePromise<Refusal | null>
    try {
      refusal = guard.decide(exchange, plan, stages)
    } catch (error) {
      next(error as Error)
      return
    }
    if (isPromise(refusal)) proceedLate(exchange, reply, waited, refusal, next)
    else proceed(exchange, reply, waited, refusal, next)
  }

  function proceed(
    exchange: Exchange<FastifyRequest>,
    reply: FastifyReply,
    waited: boolean,
    refusal: Refusal | null,
    next: (error?: Error) => void,
  ): void {
    if (refusal !== null) {
      refuse(exchange.request, reply, refusal, options.onRefused)
      return
    }
    writeHeaders(reply, guard.quota(exchange))
    if (!waited && exchange.waits()) watch(exchange, reply)
    next()
  }

  function proceedLate(
    exchange: Exchange<FastifyRequest>,
    reply: FastifyReply,
    waited: boolean,
    refusal: Promise<Refusal | null>,
    next: (error?: Error) => void,
  ): void {
    refusal.then((late) => proceed(exchange, reply, waited, late, next)).catch(next)
  }

  const decideInPreHandler: preHandlerHookHandler = (request, reply, next) => {
    const route = scopes.decidesLate() ? scopes.routeOf(request) : null
    if (route === null || route.late.length === 0) next()
    else decide(request, reply, route.plan, route.late, next)
  }

  app.decorate('sluice', guard.admin)
  app.decorateRequest(exchangeKey as unknown as string, null)
  app.decorateRequest('sluice', {
    getter: function (this: FastifyRequest) {
      return exchangeOf(this).sluice
    },
  } as never)
  app.addHook('onRequest', (request, reply, next) => {
    const route = scopes.routeOf(request)
    if (route === null || (route.early.length === 0 && !guard.screens)) next()
    else decide(request, reply, route.plan, route.early, next)
  })
  decideLast.set(app, decideInPreHandler)
  if (!fromBirth || guard.root.late.length > 0) decideLate(app)
  app.addHook('onReady', async () => scopes.check(app))
  app.addHook('onClose', async () => guard.admin.close())
}

function watch(exchange: Exchange<FastifyRequest>, reply: FastifyReply): void {
  whenEnded(
    reply.raw,
    (name) => headerText(reply.getHeader(name)),
    (response) => exchange.finish(response),
  )
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
