/** What a runtime hands over beside a `Request`, and what guards leave on the request itself. */
import { isPromise } from '@sluice/core/internal'
import type { Upload } from '../guard/adapter.ts'
import type { NodeResponse, NodeSocket } from '../guard/node-response.ts'
import type { RequestContext } from '../guard/request-context.ts'
import type { Watch } from '../guard/request-ledger.ts'
import type { Ended } from './when-sent.ts'

/** The context of a Worker, or the event of a service worker or of Next.js: it can keep the runtime up after a response. */
export interface Lifetime {
  waitUntil(work: Promise<unknown>): void
}

/** The first thing among those that a runtime hands over that can wait, if any. */
export function lifetimeAmong(handed: readonly unknown[]): Lifetime | undefined {
  return handed.find((one): one is Lifetime => typeof (one as Partial<Lifetime> | null | undefined)?.waitUntil === 'function')
}

/** Settles as `finish` does. Where that takes longer than the response, the runtime waits for it. */
export function finishWithin(lifetime: Lifetime | undefined, finish: Parameters<Watch>[0]): Ended {
  return (response) => {
    const settled = finish(response)
    if (isPromise(settled)) lifetime?.waitUntil(settled)
  }
}

/** The part that is used of what `@hono/node-server` hands over: Node knows the end of a response better than its body does. */
export interface NodeBindings {
  readonly incoming?: (Upload & { readonly socket: NodeSocket }) | undefined
  /** Upgrades have none. */
  readonly outgoing?: NodeResponse | undefined
}

/** @param handed - what came with the request; other runtimes have things of their own there, or nothing */
export function nodeBindings(handed: unknown): NodeBindings {
  return typeof handed === 'object' && handed !== null ? handed : {}
}

const contextKey: unique symbol = Symbol('sluice.context')

/** A property, since a WeakMap of requests would cost the collector more than all else that is done for one. */
interface Guarded<R> {
  [contextKey]?: RequestContext<R> | undefined
}

/** The context of the guards that have a request at the moment. Handlers within handlers, and guards within guards, share one ledger. */
export function contextOn<R>(request: Request): RequestContext<R> | undefined {
  return (request as Guarded<R>)[contextKey]
}

/** Lets the guards of the same request further in join; `undefined` once it is answered, for the same request sent again is a new one. */
export function leaveOn<R>(request: Request, context: RequestContext<R> | undefined): void {
  ;(request as Guarded<R>)[contextKey] = context
}
