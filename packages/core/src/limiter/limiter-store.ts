/** Which store a limiter decides on: what adapters must know before they join two limiters in one request. */

import { SluiceError } from '../errors.ts'
import { isGuarded, type Store } from '../store.ts'
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

/**
 * The store itself, if it answers every call whatever happens behind it. A store of the application's own does after `surviveOutages`; a
 * limiter does not wrap it, because a bundle without such stores shall not contain what handles outages.
 * @throws SluiceError `SLUICE_OPTION_TYPE` for a value that cannot decide, `SLUICE_STORE_UNGUARDED` for a store that nothing guards
 */
export function guardedStore(value: unknown): Store {
  if (typeof (value as Partial<Store> | null)?.decide !== 'function')
    throw new SluiceError('SLUICE_OPTION_TYPE', { option: 'store', wanted: 'a store, such as memoryStore()', value })
  const store = value as Store
  if (!isGuarded(store)) throw new SluiceError('SLUICE_STORE_UNGUARDED')
  return store
}
