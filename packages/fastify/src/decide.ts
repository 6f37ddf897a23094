/** Deciding a request in a hook of Fastify, and writing the answer into its reply. */
import type { MaybePromise } from '@sluice/core'
import { isPromise } from '@sluice/core/internal'
import { type Guard, type Plan, type Refusal, type RequestContext, type Route, type Stage, type Watch, whenEnded } from '@sluice/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { contextKey, followHijack, type Guarded } from './keep-quota.ts'
import type { FastifySluice, Next } from './options.ts'
import { failWith, refuse, writeHeaders } from './refuse.ts'
import type { Scopes } from './scopes.ts'

/** What the hooks of one guarded application share. */
export interface Guarding {
  readonly guard: Guard<FastifyRequest>
  readonly scopes: Scopes
  readonly onRefused: FastifySluice['onRefused']
}

/** Decides what is known as soon as the request is there. */
export function decideEarly(guarding: Guarding, request: FastifyRequest, reply: FastifyReply, next: Next): void {
  const { guard, scopes } = guarding
  let route: Route<FastifyRequest>
  try {
    route = scopes.routeOf(request)
  } catch (error) {
    // Wrong options of a route that was declared before its application was followed are found here.
    failWith(guard.faultOf(error), request, reply, next)
    return
  }
  if (route.early.length === 0 && !guard.screens) next()
  else decide(guarding, request, reply, route.plan, route.early, next)
}

/** Decides stages of a route, and goes on or refuses. */
export function decide(
  guarding: Guarding,
  request: FastifyRequest,
  reply: FastifyReply,
  plan: Plan<FastifyRequest>,
  stages: readonly Stage<FastifyRequest>[],
  next: Next,
): void {
  const { guard } = guarding
  let context: RequestContext<FastifyRequest>
  let refusal: MaybePromise<Refusal | null>
  followHijack(reply)
  try {
    context = contextOf(guard, request, reply)
    refusal = guard.decide(context, plan, stages)
  } catch (error) {
    failWith(guard.faultOf(error), request, reply, next)
    return
  }
  if (isPromise(refusal)) resume(guarding, context, reply, refusal, next)
  else proceed(guarding, context, reply, refusal, next)
}

/** Apart from `decide`, where its closures would make every request allocate. */
function resume(
  guarding: Guarding,
  context: RequestContext<FastifyRequest>,
  reply: FastifyReply,
  refusal: Promise<Refusal | null>,
  next: Next,
): void {
  const fail = (error: unknown): void => failWith(guarding.guard.faultOf(error), context.request, reply, next)
  refusal.then((late) => proceed(guarding, context, reply, late, next), fail).catch(next)
}

function proceed(
  { guard, onRefused }: Guarding,
  context: RequestContext<FastifyRequest>,
  reply: FastifyReply,
  refusal: Refusal | null,
  next: Next,
): void {
  if (refusal !== null) {
    refuse(context.request, reply, refusal, guard, onRefused, next)
    return
  }
  writeHeaders(reply, guard.quota(context))
  next()
}

/** The context of a request, opened at its first use. */
export function contextOf(guard: Guard<FastifyRequest>, request: FastifyRequest, reply?: FastifyReply): RequestContext<FastifyRequest> {
  const known = request as Guarded
  const watch: Watch | undefined = reply && ((finish) => whenEnded(reply.raw, (name) => headerText(reply.getHeader(name)), finish))
  // Another guard, of a parent that registered after its child, may have opened one.
  known[contextKey] = guard.open(request, watch, known[contextKey] ?? undefined)
  return known[contextKey]
}

function headerText(value: number | string | readonly string[] | undefined): string | undefined {
  return value === undefined ? undefined : String(value)
}
