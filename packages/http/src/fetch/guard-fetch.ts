/** Throttling for handlers of the web standard: a `Request` in, a `Response` out. */
import { type Admin, type MaybePromise, type Refused, SluiceError } from '@sluice/core'
import { isPromise } from '@sluice/core/internal'
import { createGuard, type Route } from '../guard/guard.ts'
import { whenEnded } from '../guard/node-response.ts'
import type { RequestContext } from '../guard/request-context.ts'
import type { Watch } from '../guard/request-ledger.ts'
import type { HttpOptions, RequestSluice, RouteOptions } from '../http-limit.ts'
import { isFault } from '../refusal/fault.ts'
import type { Refusal } from '../refusal/refusal.ts'
import { finishWithin, lifetimeAmong } from './lifetime.ts'
import { nodeBindings } from './node-bindings.ts'
import { contextOn, leaveOn } from './on-request.ts'
import { faultResponse, ownRefusal, providerRefusalResponse, refusalResponse, withHeaders } from './web-response.ts'
import { type Ended, whenAborted, whenSent } from './when-sent.ts'

/** What `guardFetch` takes. `A` is what the runtime hands to a handler beside the request. */
export interface FetchSluice<Q, A extends readonly unknown[]> extends HttpOptions<Q> {
  /** The other end of the socket, as the runtime tells it; needed by every limit without `by`. */
  readonly remoteAddress?: ((request: Q, ...rest: A) => string | undefined) | undefined
  /** Answers a refused request in place of sluice; the headers of the refusal are added. */
  readonly onRefused?: ((request: Q, refused: Refused, ...rest: A) => MaybePromise<Response>) | undefined
}

/** A handler behind a guard: it gets the request, what sluice knows of it, and what else the runtime handed over. */
export type FetchHandler<Q, A extends readonly unknown[]> = (request: Q, sluice: RequestSluice, ...rest: A) => MaybePromise<Response>

/** A guarded handler. */
export interface FetchGuard<Q, A extends readonly unknown[]> {
  (request: Q, ...rest: A): Promise<Response>
  readonly admin: Admin
  /**
   * Guards another handler with the same store, headers and limits, and what its route adds. Behind this guard it charges only what was
   * not charged yet; alone it charges everything.
   * @throws SluiceError for every wrong option, before traffic
   */
  with(route: RouteOptions<Q>, handler: FetchHandler<Q, A>): FetchGuard<Q, A>
}

/**
 * Guards a handler of `Bun.serve`, `Deno.serve`, a Next.js route, a Worker or a service worker. What is settled after a response is
 * waited for where the runtime hands over something with `waitUntil`. A fault is answered with 500 and a problem document that has its
 * code; `observe` hears of it. What the handler throws goes to the
 * runtime, except a refusal of `@sluice/egress`: that is answered with its status and its wait.
 * @throws SluiceError for every wrong option, before traffic
 */
export function guardFetch<Q extends Request = Request, A extends readonly unknown[] = []>(
  options: FetchSluice<Q, A> & Required<Pick<FetchSluice<Q, A>, 'remoteAddress'>>,
  // It may take less than the runtime hands over, which says nothing of the rest.
  handler: FetchHandler<Q, NoInfer<A>>,
): FetchGuard<Q, A>
export function guardFetch<Q extends Request = Request, A extends readonly unknown[] = []>(
  options: FetchSluice<Q, A>,
  handler: FetchHandler<Q, A>,
): FetchGuard<Q, A>
export function guardFetch<Q extends Request, A extends readonly unknown[]>(
  options: FetchSluice<Q, A>,
  handler: FetchHandler<Q, A>,
): FetchGuard<Q, A> {
  const { remoteAddress, onRefused } = options ?? {}
  const handed = new WeakMap<Request, A>()
  const guard = createGuard<Q>(options, {
    options: ['remoteAddress', 'onRefused'],
    split: false,
    addressless: remoteAddress === undefined,
    method: (request) => request.method,
    route: () => null,
    remoteAddress: (request) => remoteAddress?.(request, ...handed.get(request)!),
    vouchedFor: () => [],
    header: (request, name) => request.headers.get(name) ?? undefined,
    uploadOf: (request) => nodeBindings(handed.get(request)?.[0]).incoming,
  })

  function guarding(route: Route<Q>, handle: FetchHandler<Q, A>): FetchGuard<Q, A> {
    if (typeof handle !== 'function')
      throw new SluiceError('SLUICE_OPTION_TYPE', { option: 'The handler', wanted: 'a function of the request', value: handle })

    async function answer(context: RequestContext<Q>, rest: A): Promise<Response> {
      const { request, sluice } = context
      const refusal = await decide(context)
      if (refusal === null) {
        try {
          return await handle(request, sluice, ...rest)
        } catch (error) {
          return providerRefusalResponse(error, request.method)
        }
      }
      return refusal instanceof Response ? refusal : refuse(refusal, request, rest)
    }

    /** The refusal, `null` to go on, or the answer to a fault: a handler has no error handler around it that could give one. */
    async function decide(context: RequestContext<Q>): Promise<Refusal | Response | null> {
      try {
        return await guard.decide(context, route.plan, route.late)
      } catch (error) {
        return faultResponse(guard.faultOf(error), context.request.method)
      }
    }

    async function refuse(refusal: Refusal, request: Q, rest: A): Promise<Response> {
      const ours = (): Response => refusalResponse(refusal, request.method)
      if (onRefused === undefined || refusal.refused === null) return ours()
      const answer = onRefused(request, refusal.refused, ...rest)
      return isPromise(answer) ? ownRefusalLater(refusal, answer, ours, request) : ownRefusal(refusal, answer)
    }

    async function ownRefusalLater(refusal: Refusal, answer: Promise<Response>, ours: () => Response, request: Q): Promise<Response> {
      try {
        const late = await guard.inTime(answer, () => null)
        return late === null ? ours() : ownRefusal(refusal, late)
      } catch (error) {
        if (isFault(error)) return faultResponse(error, request.method)
        throw error
      }
    }

    async function guarded(request: Q, ...rest: A): Promise<Response> {
      const earlier = contextOn<Q>(request)
      let finish: Ended | undefined
      let told: Response | undefined
      handed.set(request, rest)
      const watch: Watch = (whenDone) => {
        const { outgoing } = nodeBindings(rest[0])
        if (outgoing !== undefined) return whenEnded(outgoing, (name) => told?.headers.get(name) ?? undefined, whenDone)
        finish = whenAborted(request, finishWithin(lifetimeAmong(rest), whenDone))
      }
      let context: RequestContext<Q>
      try {
        context = guard.open(request, watch, earlier)
      } catch (error) {
        return faultResponse(guard.faultOf(error), request.method)
      }
      leaveOn(request, context)
      try {
        const response = await answer(context, rest)
        // The outermost guard is the last one to see the response, and speaks for all of them.
        if (earlier !== undefined) return response
        told = withHeaders(response, guard.quota(context))
        return finish === undefined ? told : whenSent(told, request.method, finish)
      } catch (error) {
        finish?.({ status: 500, aborted: false, header: () => undefined })
        throw error
      } finally {
        leaveOn(request, earlier)
      }
    }
    return Object.assign(guarded, {
      admin: guard.admin,
      with: (own: RouteOptions<Q>, inner: FetchHandler<Q, A>) => guarding(guard.route(route.plan, own, 'with'), inner),
    })
  }
  return guarding(guard.root, handler)
}
