/** Guards of one `Request` share one ledger, whose context lies on it: handlers within handlers, and applications that hand it on as it is. */
import type { RequestContext } from '../guard/request-context.ts'

const contextKey: unique symbol = Symbol('sluice.context')

/** A property, since a WeakMap of requests would cost the collector more than all else that is done for one. */
interface Guarded<R> {
  [contextKey]?: RequestContext<R> | undefined
}

/** The context of the guards that have a request at the moment. */
export function contextOn<R>(request: Request): RequestContext<R> | undefined {
  return (request as Guarded<R>)[contextKey]
}

/** Lets the guards of the same request further in join; `undefined` once it is answered, for who asks it again asks anew. */
export function leaveOn<R>(request: Request, context: RequestContext<R> | undefined): void {
  ;(request as Guarded<R>)[contextKey] = context
}
