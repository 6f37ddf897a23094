/** A limiter on an asynchronous store: every answer is a promise, also one that the process gives by itself. */
import { asPromise, type MaybePromise } from '../maybe-promise.ts'
import type { Limiter } from './limiter-contract.ts'

/**
 * The same limiter, whose answers are always promises. In an outage, or where no limit applies, an answer is there at once. `.then()`
 * works on it nevertheless, and an error is a rejection.
 */
export function promised<C>(limiter: Limiter<C>): Limiter<C> {
  return {
    ...limiter,
    consume: asynchronous(limiter.consume),
    consumeUpTo: asynchronous(limiter.consumeUpTo),
    peek: asynchronous(limiter.peek),
    reserve: asynchronous(limiter.reserve),
    refund: asynchronous(limiter.refund),
    inspect: asynchronous(limiter.inspect),
    reset: asynchronous(limiter.reset),
    block: asynchronous(limiter.block),
    bans: asynchronous(limiter.bans),
  }
}

/** The same function, which answers a promise. */
export function asynchronous<Args extends readonly unknown[], T>(ask: (...args: Args) => MaybePromise<T>): (...args: Args) => Promise<T> {
  return (...args) => asPromise(() => ask(...args))
}
