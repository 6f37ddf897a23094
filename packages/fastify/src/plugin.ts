/** The Fastify plugin: it registers the hooks that ask the guard. */
import { createGuard, showsQuota } from '@sluice/http'
import type { FastifyInstance, FastifyPluginCallback, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import { decideFirst, decideStep } from './between.ts'
import { contextOf, decide, decideEarly, type Guarding } from './decide.ts'
import { SLUICE_PLUGIN, SluiceError } from './errors.ts'
import { contextKey, keepQuota } from './keep-quota.ts'
import { lookUp } from './look-up.ts'
import type { FastifySluice } from './options.ts'
import { fastifyAdapter, noteHandler } from './reading.ts'
import { answerProviderRefusal } from './refuse.ts'
import { decideLast, decideLastFor, follow } from './routes.ts'
import { nested, type Scopes, scopesOf } from './scopes.ts'

/** The scopes of each application, by the instance that registered the plugin. */
export const guarded: WeakMap<FastifyInstance, Scopes> = new WeakMap()

const register: FastifyPluginCallback<FastifySluice> = (app, options, done) => {
  if (typeof app?.addHook !== 'function' || typeof done !== 'function') {
    const misused = new SluiceError(SLUICE_PLUGIN)
    if (typeof done !== 'function') throw misused
    return done(misused)
  }
  try {
    const outer = lookUp(guarded, app)
    if (outer === undefined) guardFrom(app, options)
    else {
      const added = outer.add(app, nested(options, outer.guard))
      decideFirst(app, added)
      decideLastFor(app, added)
      if (added.late.length > 0) decideLast(app, 'preHandler')
    }
  } catch (error) {
    // What a plugin throws would be an uncaught error; what it is done with rejects `ready()`.
    return done(error as Error)
  }
  done()
}

function guardFrom(app: FastifyInstance, options: FastifySluice): void {
  const fromBirth = follow(app)
  const guard = createGuard<FastifyRequest>(options, fastifyAdapter(app, options.trust !== undefined))
  const scopes = scopesOf(guard, app, fromBirth)
  const guarding: Guarding = { guard, scopes, onRefused: options.onRefused }
  guarded.set(app, scopes)
  app.decorate('sluice', showsQuota(guard.admin, guard, guard.root.plan))
  app.decorateRequest(contextKey as unknown as string, null)
  app.decorateRequest('sluice', {
    getter: function (this: FastifyRequest) {
      return contextOf(guard, this).sluice
    },
  } as never)
  app.addHook('onRequest', (request, reply, next) => decideEarly(guarding, request, reply, next))
  app.addHook('onSend', (request, reply, payload, done) => {
    keepQuota(request, reply)
    done(null, payload)
  })
  app.addHook('onError', answerProviderRefusal)
  decideStep.set(app, (step, request, reply, next) => {
    const isLast = step === 'preHandler last'
    if (isLast) noteHandler(request)
    if (isLast && !scopes.decidesLate()) {
      next()
      return
    }
    const { plan, between, late } = scopes.routeOf(request)
    const stages = isLast ? late : (between[step] ?? [])
    if (stages.length === 0) next()
    else decide(guarding, request, reply, plan, stages, next)
  })
  decideFirst(app, guard.root)
  decideLastFor(app, guard.root)
  if (!fromBirth || guard.root.late.length > 0) decideLast(app, 'preHandler')
  app.addHook('onReady', async () => {
    scopes.check(app)
    // A second registration may have added limits.
    showsQuota(guard.admin, guard, scopes.around(app).plan)
  })
  app.addHook('preClose', async () => guard.endDelays())
  app.addHook('onClose', async () => guard.admin.close())
}

/**
 * Throttling for Fastify, registered with or without `await`.
 *
 * It guards the instance that registers it and everything under it: routes declared before and after, 404s, HEAD, prefixes and child
 * contexts. A second registration, there or further in, adds its limits to the first.
 * @example
 * ```ts
 * app.register(sluice, { limits: [{ name: 'ip', rule: tokenBucket({ capacity: 10, per: '1m' }) }] })
 * ```
 */
export const sluice: FastifyPluginCallback<FastifySluice> = plugin(register, { fastify: '5.x', name: '@sluice/fastify' })
export default sluice
