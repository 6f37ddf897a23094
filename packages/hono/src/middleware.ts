/** The middleware: it asks the guard, and writes its answer into the response. */
import type { MaybePromise, SluiceError } from '@sluice/core'
import { isPromise } from '@sluice/core/internal'
import {
  type Adapter,
  checkCalled,
  contextBehind,
  createGuard,
  type Guard,
  isFault,
  providerRefusalAnswer,
  type Refusal,
  type RequestContext,
  type Route,
  type RouteOptions,
  showsQuota,
} from '@sluice/http'
import { faultResponse, withHeaders } from '@sluice/http/fetch'
import type { Context, Env, MiddlewareHandler } from 'hono'
import { answerLater } from './composed.ts'
import { earlierContext, forgetContext, handedOn, leaveContext } from './earlier.ts'
import { type Ending, endingOf, replaceResponse } from './ending.ts'
import type { HonoGuard, HonoSluice } from './options.ts'
import { honoAdapter, withPlan } from './reading.ts'
import { refuse } from './refuse.ts'

/**
 * Throttling for Hono on Node, Bun, Deno and Workers.
 *
 * It guards what comes after it. `guard.with(route)` adds to it on a route. Several guards on one request decide one after the other, and
 * write one set of headers.
 * @throws SluiceError for every wrong option, before traffic; `SLUICE_CONN_INFO` where an address is needed and `connInfo` is missing
 * @example
 * ```ts
 * const guard = sluice({ connInfo: getConnInfo, limits: [{ name: 'ip', rule: tokenBucket({ capacity: 10, per: '1m' }) }] })
 * app.use(guard)
 * app.get('/search', guard.with({ cost: 5 }), search)
 * ```
 */
export function sluice<E extends Env = Env>(options: HonoSluice<E>): HonoGuard<E>
export function sluice<E extends Env>(options: HonoSluice<E>, ...others: readonly unknown[]): HonoGuard<E> {
  checkCalled(others, 'sluice', 'app.use(sluice(options))')
  const guard = createGuard<Context<E>>(options, honoAdapter(options?.connInfo) as Adapter<Context<E>>)
  return guarding(guard, guard.root, options.onRefused)
}

function guarding<E extends Env>(guard: Guard<Context<E>>, route: Route<Context<E>>, onRefused: HonoSluice<E>['onRefused']): HonoGuard<E> {
  const fail = (error: unknown): never => {
    throw guard.faultOf(error)
  }
  const decide = (context: RequestContext<Context<E>>): MaybePromise<Refusal | null> => {
    try {
      return guard.decide(context, route.plan, route.late)
    } catch (error) {
      return fail(error)
    }
  }
  const middleware: MiddlewareHandler<E> = async (c, next) => {
    // Guards of one request join one context. A WeakMap of contexts would cost the collector as much as all the rest.
    const known = contextBehind<Context<E>>(c.get('sluice'))
    const handed = known === undefined ? handedOn(c) : undefined
    const earlier = known ?? earlierContext(c, handed)
    const ending = endingOf(c)
    let context: RequestContext<Context<E>> | undefined
    try {
      context = guard.open(c, ending.watch, earlier)
      if (known === undefined) leaveContext(c, handed, context)
      c.set('sluice', context.sluice)
      const decided = decide(context)
      // To wait for what is at hand would send every request round the queue once more.
      const refusal = isPromise(decided) ? await decided.catch(fail) : decided
      const answer = refusal === null ? null : refuse(c, refusal, guard, onRefused, next)
      const refused = isPromise(answer) ? await answer : answer
      if (refused !== null) c.res = refused
      else {
        if (refusal === null) await next()
        finishResponse(c, guard, earlier === undefined ? context : undefined)
      }
      ending.respond()
    } catch (error) {
      throw failed(error, c, ending, guard, earlier === undefined ? context : undefined)
    } finally {
      if (known === undefined) forgetContext(c, handed)
    }
  }
  const verbs = {
    admin: guard.admin,
    with: (own: RouteOptions<Context<E>>) => guarding(guard, guard.route(route.plan, own, 'with'), onRefused),
  }
  return showsQuota(Object.assign(withPlan(middleware, route.plan), verbs), guard, route.plan)
}

/** @param context - where the guard is the outermost one, which sees the response last and writes the headers of all guards */
function finishResponse<E extends Env>(c: Context<E>, guard: Guard<Context<E>>, context: RequestContext<Context<E>> | undefined): void {
  if (c.error !== undefined) answerProviderRefusal(c)
  if (context !== undefined) replaceResponse(c, withHeaders(c.res, guard.quota(context)))
}

/** @param context - where the guard is the outermost one. @returns the error to throw */
function failed<E extends Env>(
  error: unknown,
  c: Context<E>,
  ending: Ending,
  guard: Guard<Context<E>>,
  context: RequestContext<Context<E>> | undefined,
): unknown {
  if (isFault(error)) {
    ending.fail()
    return answerable(error)
  }
  if (context !== undefined) answerLater(c, error, ending, guard, context)
  return error
}

/**
 * A fault that Hono's own error handler answers with a problem document, as it does with whatever has a response. An `onError` of the
 * application comes first. Hono prints no error that has a response, so this does.
 */
function answerable(fault: SluiceError): SluiceError {
  const getResponse = (): Response => {
    // biome-ignore lint/suspicious/noConsole: Hono prints the errors that nobody handles.
    console.error(fault)
    return faultResponse(fault, 'GET')
  }
  return Object.defineProperty(fault, 'getResponse', { value: getResponse, configurable: true })
}

/**
 * Hono hands errors of handlers to its `onError` before they come here. An answer of 500 to a refusal of `@sluice/egress` is replaced by
 * the status and the wait; any other answer of an `onError` stays.
 */
function answerProviderRefusal(c: Context): void {
  if (c.res.status !== 500) return
  const answer = providerRefusalAnswer(c.error)
  if (answer === undefined) return
  replaceResponse(c, withHeaders(c.newResponse(c.req.method === 'HEAD' ? null : answer.body, answer.status), answer.headers))
}
