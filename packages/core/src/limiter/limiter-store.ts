/** Which store a limiter decides on: what adapters must know before they join two limiters in one request. */

import { SluiceError } from '../errors.ts'
import { doorOf } from '../memory/memory-store.ts'
import { surviveOutages, isOutageProof } from '../outage/outage.ts'
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

const guards = new WeakMap<Store, Store>()

/**
 * The store, guarded against its outages. A memory store needs no guard, and what `surviveOutages` made is one; any other store gets one
 * for all limiters on it, with the default options.
 * @throws SluiceError `SLUICE_OPTION_TYPE` for what cannot decide
 */
export function guardedStore(value: unknown): Store {
  const store = checkStore(value)
  if (doorOf(store) !== undefined || isOutageProof(store)) return store
  const known = guards.get(store)
  if (known !== undefined) return known
  // A store that answers at once is in this process, and shares its limits with no other.
  const guard = surviveOutages(store, store.sync ? { processes: 1 } : {})
  guards.set(store, guard)
  return guard
}

function checkStore(value: unknown): Store {
  if (typeof (value as Partial<Store> | null)?.decide === 'function') return value as Store
  throw new SluiceError('SLUICE_OPTION_TYPE', { option: 'store', wanted: 'a store, such as memoryStore()', value })
}
