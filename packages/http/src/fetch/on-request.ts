/** Guards of one `Request` join one exchange, which lies on it: handlers within handlers, and applications that hand it on as it is. */
import type { Exchange } from '../guard/exchange.ts'

const exchangeKey: unique symbol = Symbol('sluice.exchange')

/** A property, since a WeakMap of requests would cost the collector more than all else that is done for one. */
interface Guarded<R> {
  [exchangeKey]?: Exchange<R> | undefined
}

/** The exchange of the guards that have a request at the moment. */
export function exchangeOn<R>(request: Request): Exchange<R> | undefined {
  return (request as Guarded<R>)[exchangeKey]
}

/** Lets the guards of the same request further in join; `undefined` once it is answered, for who asks it again asks anew. */
export function leaveOn<R>(request: Request, exchange: Exchange<R> | undefined): void {
  ;(request as Guarded<R>)[exchangeKey] = exchange
}
