/** Which store a limiter decides on: what adapters must know before they join two limiters in one request. */

import { SluiceError } from '../errors.ts'
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

/** The store itself. @throws SluiceError `SLUICE_OPTION_TYPE` for what cannot decide */
export function checkStore(value: unknown): Store {
  if (typeof (value as Partial<Store> | null)?.decide === 'function') return value as Store
  throw new SluiceError('SLUICE_OPTION_TYPE', { option: 'store', wanted: 'a store, such as memoryStore()', value })
}
