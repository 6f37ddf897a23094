/** Throttling for handlers of the web standard: a `Request` in, a `Response` out. */
import { type Admin, type MaybePromise, type Refused, SluiceError } from '@sluice/core'
import { isPromise, SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { neverHasAddress } from '../address/client-reader.ts'
import type { Route } from '../guard/compile-route.ts'
import { createGuard, type Guard } from '../guard/guard.ts'
import { showsQuota } from '../guard/limits-behind.ts'
import { whenEnded } from '../guard/node-response.ts'
import type { RequestContext } from '../guard/request-context.ts'
import type { Watch } from '../guard/request-ledger.ts'
import type { HttpOptions, RequestSluice, RouteOptions } from '../http-limit.ts'
import { isFault } from '../refusal/fault.ts'
import type { Refusal } from '../refusal/refusal.ts'
import { contextOn, finishWithin, leaveOn, lifetimeAmong, nodeBindings } from './runtime.ts'
import { faultResponse, ownRefusal, providerRefusalResponse, refusalResponse, withHeaders } from './web-response.ts'
import { type Ended, whenAborted, whenSent } from './when-sent.ts'

/** What `guardFetch` takes. `A` is what the runtime hands to a handler beside the request. */
export interface FetchSluice<Q, A extends readonly unknown[]> extends HttpOptions<Q> {
  /** The other end of the socket, which the runtime knows; needed by every limit without `by`, unless `trust` has `'unix'`. */
  readonly remoteAddress?: ((request: Q, ...rest: A) => string | undefined) | undefined
  /**
   * Answers a refused request in place of sluice; the headers of the refusal are added. Where it returns nothing, sluice answers. To serve
   * some refused requests all the same, give their limits a `when`, or make them `shadow` limits.
   */
  readonly onRefused?: ((request: Q, refused: Refused, ...rest: A) => MaybePromise<Response | undefined>) | undefined
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
 * Guards a handler of `Bun.serve`, `Deno.serve`, a Next.js route, a Worker or a service worker. Where the runtime hands over something
 * with `waitUntil`, it waits for what is settled after a response. A fault is answered with 500 and a problem document that has its
 * code, and `observe` gets it. What the handler throws goes to the runtime, except a refusal of `@sluice/egress`: that is answered with its
 * status and its wait.
 * @throws SluiceError for every wrong option, before traffic
 * @example
 * ```ts
 * const handler = guardFetch(
 *   { remoteAddress: (_request, info: Deno.ServeHandlerInfo) => info.remoteAddr.hostname, limits: [{ name: 'ip', rule }] },
 *   () => new Response('hello'),
 * )
 * Deno.serve(handler)
 * ```
 */
export function guardFetch<Q extends Request = Request, A extends readonly unknown[] = []>(
  options: FetchSluice<Q, A> & Required<Pick<FetchSluice<Q, A>, 'remoteAddress'>>,
  // It may take less than the runtime hands over, and `A` is then not known from it.
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
    isUnix: (request) => neverHasAddress(nodeBindings(handed.get(request)?.[0]).incoming?.socket),
    vouchedFor: () => [],
    header: (request, name) => request.headers.get(name) ?? undefined,
    uploadOf: (request) => nodeBindings(handed.get(request)?.[0]).incoming,
  })
  return guarding({ guard, handed, onRefused }, guard.root, handler)
}

/** What the handlers behind one guard share. */
interface Guarding<Q extends Request, A extends readonly unknown[]> extends Pick<FetchSluice<Q, A>, 'onRefused'> {
  readonly guard: Guard<Q>
  /** What the runtime handed over beside each request. */
  readonly handed: WeakMap<Request, A>
}

const handOvers = new WeakMap<object, (request: Request, rest: readonly unknown[]) => void>()

/**
 * Hands a guard what the runtime knows of a request that it does not decide, such as its address.
 * @example
 * ```ts
 * handOver(guard, request, rest)
 * ```
 */
export function handOver(guard: object, request: Request, rest: readonly unknown[]): void {
  handOvers.get(guard)?.(request, rest)
}

function guarding<Q extends Request, A extends readonly unknown[]>(
  shared: Guarding<Q, A>,
  route: Route<Q>,
  handler: FetchHandler<Q, A>,
): FetchGuard<Q, A> {
  if (typeof handler !== 'function')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'The handler', wanted: 'a function of the request', value: handler })
  const { guard, handed } = shared

  async function answer(context: RequestContext<Q>, rest: A): Promise<Response> {
    const { request, sluice } = context
    let refusal: Refusal | null
    try {
      refusal = await guard.decide(context, route.plan, route.late)
    } catch (error) {
      // A handler has no error handler around it that could answer.
      return faultResponse(guard.faultOf(error), request.method)
    }
    if (refusal !== null) return refuse(shared, refusal, request, rest)
    try {
      return await handler(request, sluice, ...rest)
    } catch (error) {
      return providerRefusalResponse(error, request.method)
    }
  }

  async function guarded(request: Q, ...rest: A): Promise<Response> {
    const earlier = contextOn<Q>(request)
    const ending = endingOf(request, rest)
    handed.set(request, rest)
    let context: RequestContext<Q>
    try {
      context = guard.open(request, ending.watch, earlier)
    } catch (error) {
      return faultResponse(guard.faultOf(error), request.method)
    }
    leaveOn(request, context)
    try {
      const response = await answer(context, rest)
      // The outermost guard is the last one to see the response, and writes the headers of all of them.
      return earlier === undefined ? ending.respond(withHeaders(response, guard.quota(context))) : response
    } catch (error) {
      ending.fail()
      throw error
    } finally {
      leaveOn(request, earlier)
    }
  }
  const verbs = {
    admin: guard.admin,
    with: (own: RouteOptions<Q>, inner: FetchHandler<Q, A>) => guarding(shared, guard.route(route.plan, own, 'with'), inner),
  }
  handOvers.set(guarded, (request, rest) => void handed.set(request, rest as A))
  return showsQuota(Object.assign(guarded, verbs), guard, route.plan)
}

async function refuse<Q extends Request, A extends readonly unknown[]>(
  { guard, onRefused }: Guarding<Q, A>,
  refusal: Refusal,
  request: Q,
  rest: A,
): Promise<Response> {
  if (onRefused === undefined || refusal.refused === null) return refusalResponse(refusal, request.method)
  const answer = onRefused(request, refusal.refused, ...rest)
  try {
    const own = isPromise(answer) ? await guard.inTime(answer, () => undefined) : answer
    return ownRefusal(refusal, own) ?? refusalResponse(refusal, request.method)
  } catch (error) {
    if (isFault(error)) return faultResponse(error, request.method)
    throw error
  }
}

/** Watches the response to one request: Node knows when it has ended, and elsewhere its body tells. */
function endingOf(request: Request, rest: readonly unknown[]) {
  let finish: Ended | undefined
  let sent: Response | undefined
  const watch: Watch = (whenDone) => {
    const { outgoing } = nodeBindings(rest[0])
    if (outgoing !== undefined) return whenEnded(outgoing, (name) => sent?.headers.get(name) ?? undefined, whenDone)
    finish = whenAborted(request, finishWithin(lifetimeAmong(rest), whenDone))
  }
  return {
    watch,
    respond(response: Response): Response {
      sent = response
      return finish === undefined ? response : whenSent(response, request.method, finish)
    },
    fail: () => finish?.({ status: 500, aborted: false, header: () => undefined }),
  }
}
