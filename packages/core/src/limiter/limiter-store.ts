/** The store of a limiter: guarded against outages, and with one definition for each name of a limit on it. */

import { sameRule } from '../buckets/bucket.ts'
import { SLUICE_LIMIT_CONFLICT, SLUICE_OPTION_TYPE, SLUICE_STORE_UNGUARDED } from '../errors.ts'
import type { Limit } from '../limit.ts'
import { aboutLimit, SluiceError } from '../sluice-error.ts'
import { isGuarded, type Store } from '../store.ts'
import type { Limiter } from './limiter-contract.ts'
import type { Policy } from './policy.ts'

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
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'store', wanted: 'a store, such as memoryStore()', value })
  const store = value as Store
  if (!isGuarded(store)) throw new SluiceError(SLUICE_STORE_UNGUARDED)
  return store
}

interface Registered {
  readonly definition: Limit<never>
  readonly owners: Set<object>
}

const registries = new WeakMap<Store, Map<string, Registered>>()

/**
 * Enters the limits of a policy for one owner, in place of those it had before.
 * @throws SluiceError `SLUICE_LIMIT_CONFLICT` if another owner on this store defines a name differently; then nothing has changed
 */
export function register<C>(store: Store, owner: object, policy: Policy<C>): void {
  const registry = registries.get(store) ?? new Map<string, Registered>()
  registries.set(store, registry)
  for (const { facts, definition } of policy.limits) {
    const known = registry.get(facts.name)
    const others = known !== undefined && (known.owners.size > 1 || !known.owners.has(owner))
    const conflicts = others && !sameDefinition(known.definition, definition)
    aboutLimit(facts.name, 'rule', () => {
      if (conflicts) throw new SluiceError(SLUICE_LIMIT_CONFLICT, { name: facts.name })
    })
  }
  unregister(store, owner)
  for (const { facts, definition } of policy.limits) {
    const known = registry.get(facts.name)
    if (known !== undefined) known.owners.add(owner)
    else registry.set(facts.name, { definition: definition, owners: new Set([owner]) })
  }
}

/** Takes the limits of an owner out. */
export function unregister(store: Store, owner: object): void {
  const registry = registries.get(store)
  for (const [name, { owners }] of registry ?? []) {
    owners.delete(owner)
    if (owners.size === 0) registry?.delete(name)
  }
}

/**
 * Whether two definitions decide alike. Rules compare by their numbers; functions by identity or, since the same line of code makes a
 * new function each time it runs, by their text.
 */
function sameDefinition(a: Limit<never>, b: Limit<never>): boolean {
  if (a === b) return true
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Limit<never>>
  return [...names].every((name) => sameValue(a[name], b[name]))
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a === 'function' && typeof b === 'function') return String(a) === String(b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  return Object.keys(a).length === Object.keys(b).length && sameRule(a as never, b as never)
}
