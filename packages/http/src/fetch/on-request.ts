/** Guards of one `Request` join one exchange, which lies on it: handlers within handlers, and applications that hand it on as it is. */
import type { Exchange } from '../guard/exchange.ts'

const exchangeKey: unique symbol = Symbol('sluice.exchange')

/** A property, since a WeakMap of requests would cost the collector more than all else that is done for one. */
interface Guarded<R> {
  [exchangeKey]?: Exchange<R>
}

/** The exchange that guards have opened for a request so far. */
export function exchangeOn<R>(request: Request): Exchange<R> | undefined {
  return (request as Guarded<R>)[exchangeKey]
}

/** Lets the guards of the same request further in join. */
export function leaveOn<R>(request: Request, exchange: Exchange<R>): void {
  ;(request as Guarded<R>)[exchangeKey] = exchange
}
