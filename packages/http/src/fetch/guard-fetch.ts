/** Throttling for handlers of the web standard: a `Request` in, a `Response` out. */
import type { Admin, MaybePromise, Refused } from '@sluice/core'
import type { Exchange } from '../guard/exchange.ts'
import { createGuard } from '../guard/guard.ts'
import type { HttpOptions, RequestSluice } from '../http-limit.ts'
import { finishWithin, lifetimeAmong } from './lifetime.ts'
import { refusalResponse, withHeaders } from './web-response.ts'
import { type Ended, whenAborted, whenSent } from './when-sent.ts'

/** What `guardFetch` takes. `A` is what the runtime hands to a handler beside the request. */
export interface FetchSluice<Q, A extends readonly unknown[]> extends HttpOptions<Q> {
  /** The other end of the socket, as the runtime tells it; needed by every limit without `by`. */
  readonly remoteAddress?: ((request: Q, ...rest: A) => string | undefined) | undefined
  /** Answers a refused request in place of sluice; the headers of the refusal are added. */
  readonly onRefused?: ((request: Q, refused: Refused, ...rest: A) => MaybePromise<Response>) | undefined
}

/** A guarded handler. */
export interface FetchGuard<Q, A extends readonly unknown[]> {
  (request: Q, ...rest: A): Promise<Response>
  readonly admin: Admin
}

const exchanges = new WeakMap<Request, Exchange<Request>>()

/**
 * Guards a handler of `Bun.serve`, `Deno.serve`, a Next.js route, a Worker or a service worker. What is settled after a response is
 * waited for where the runtime hands over something with `waitUntil`.
 * @param handler - gets the request, what sluice knows of it, and what else the runtime handed over
 * @throws SluiceError for every wrong option, before traffic
 */
export function guardFetch<Q extends Request = Request, A extends readonly unknown[] = []>(
  options: FetchSluice<Q, A>,
  handler: (request: Q, sluice: RequestSluice, ...rest: A) => MaybePromise<Response>,
): FetchGuard<Q, A> {
  const { remoteAddress, onRefused } = options
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
  })

  async function answer(exchange: Exchange<Q>, rest: A): Promise<Response> {
    const { request, sluice } = exchange
    const refusal = await guard.decide(exchange, guard.root.plan, guard.root.late)
    if (refusal === null) return handler(request, sluice, ...rest)
    const own = refusal.refused === null ? undefined : await onRefused?.(request, refusal.refused, ...rest)
    return refusalResponse(refusal, request.method, own)
  }

  async function guarded(request: Q, ...rest: A): Promise<Response> {
    const earlier = exchanges.get(request) as Exchange<Q> | undefined
    let finish: Ended | undefined
    handed.set(request, rest)
    const exchange = guard.open(
      request,
      (whenDone) => {
        finish = finishWithin(lifetimeAmong(rest), whenDone)
        whenAborted(request, finish)
      },
      earlier,
    )
    exchanges.set(request, exchange as Exchange<never>)
    try {
      const response = await answer(exchange, rest)
      // The outermost guard is the last one to see the response, and speaks for all of them.
      if (earlier !== undefined) return response
      const told = withHeaders(response, guard.quota(exchange))
      return finish === undefined ? told : whenSent(told, request.method, finish)
    } catch (error) {
      finish?.({ status: 500, aborted: false, header: () => undefined })
      throw error
    }
  }
  return Object.assign(guarded, { admin: guard.admin })
}
