/** Which store a limiter decides on: what adapters must know before they join two limiters in one request. */

import type { Store } from '../store.ts'
import type { Limiter } from './limiter-contract.ts'

const stores = new WeakMap<object, Store>()

/** Remembers the store of a limiter; returns the limiter. */
export function withStore<C>(limiter: Limiter<C>, store: Store): Limiter<C> {
  stores.set(limiter, store)
  return limiter
}

/** The store of a limiter that `createLimiter` made; `undefined` for anything else. */
export function storeOf(limiter: object): Store | undefined {
  return stores.get(limiter)
}
