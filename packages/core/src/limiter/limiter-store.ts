/** What limiters have on their store: one definition for each name of a limit, and listeners, as long as anything refers to the limiter. */

import { sameRule } from '../buckets/bucket.ts'
import { SLUICE_LIMIT_CLOSURES, SLUICE_LIMIT_CONFLICT, SLUICE_OPTION_TYPE, SLUICE_STORE_UNGUARDED } from '../errors.ts'
import type { Limit } from '../limit.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { type Observers, observers } from '../observe.ts'
import { aboutLimit, SluiceError } from '../sluice-error.ts'
import { isGuarded, type Store } from '../store.ts'
import { checkVersion, markVersion } from '../version.ts'
import { warnOnce } from '../warn.ts'
import type { Limiter } from './limiter-contract.ts'
import type { Policy } from './policy.ts'

/** Under this key a limiter keeps its store. A copy of the limiter does not have it. */
const itsStore: unique symbol = Symbol.for('sluice.store-of-limiter')

/** Remembers the store of a limiter; returns the limiter. */
export function withStore<C>(limiter: Limiter<C>, store: Store): Limiter<C> {
  return Object.defineProperty(markVersion(limiter), itsStore, { value: store })
}

/** The store of a limiter that `createLimiter` made, in any copy of the core; `undefined` for anything else. */
export function storeOf(limiter: object): Store | undefined {
  return (limiter as { readonly [itsStore]?: Store })[itsStore]
}

/**
 * The store itself, if it answers every call whatever happens behind it. A store of the application's own does after `surviveOutages`; a
 * limiter does not wrap it, because a bundle without such stores shall not contain what handles outages.
 * @throws SluiceError `SLUICE_OPTION_TYPE` for a value that cannot decide, `SLUICE_STORE_UNGUARDED` for a store that nothing guards,
 *   `SLUICE_VERSIONS` for one of another version
 */
export function guardedStore(value: unknown): Store {
  if (typeof (value as Partial<Store> | null)?.decide !== 'function')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'store', wanted: 'a store, such as memoryStore()', value })
  const store = value as Store
  if (!isGuarded(store)) throw new SluiceError(SLUICE_STORE_UNGUARDED)
  checkVersion(store, 'store')
  return store
}

/** Limiters with one life: they share a store and its entries, listeners, and an end. */
export interface LimiterGroup {
  readonly store: Store
  readonly watchers: Observers
  isClosed: boolean
  /** Enters the limits of a policy: those of one limiter in place of its old ones, those of many beside each other. */
  enter<C>(policy: Policy<C>): void
  /** Frees the names of its limits, and listens to the store no longer. Later calls do nothing. */
  close(): MaybePromise<void>
}

/** What a group is made for. */
export interface GroupOptions {
  /** `'one'` for `createLimiter`, `'many'` for a guard. */
  readonly limiters: 'one' | 'many'
  /** Whether it made the store, and closes it. */
  readonly closesStore: boolean
}

/** Frees what stores keep of groups that nothing refers to any more, so that limiters made for each request do not grow. */
const abandoned = new FinalizationRegistry<() => void>((leave) => leave())

/** A group without a limiter, which listens to its store. */
export function limiterGroup(store: Store, { limiters, closesStore }: GroupOptions): LimiterGroup {
  const watchers = observers()
  const owner = {}
  const leave = leaving(store, owner, listenTo(store, new WeakRef(watchers)))
  const group: LimiterGroup = {
    store,
    watchers,
    isClosed: false,
    enter: (policy) => (limiters === 'one' ? register : registerMore)(store, owner, policy),
    close() {
      if (group.isClosed) return
      group.isClosed = true
      leave()
      return closesStore ? store.close() : undefined
    },
  }
  abandoned.register(group, leave)
  return group
}

/** Functions of their own: what is made within `limiterGroup` refers to the group, which then would never be collected. */
function listenTo(store: Store, watchers: WeakRef<Observers>): (() => void) | undefined {
  return store.watch?.((event) => watchers.deref()?.tell(event) ?? false)
}

function leaving(store: Store, owner: object, unwatch: (() => void) | undefined): () => void {
  return () => {
    unregister(store, owner)
    unwatch?.()
  }
}

interface Registered {
  readonly definition: Limit<never>
  readonly owners: Set<object>
}

const registries = new WeakMap<Store, Map<string, Registered>>()

/**
 * Enters the limits of a policy for one owner, in place of those it had before. Definitions that only equal text makes equal draw the
 * warning `SLUICE_LIMIT_CLOSURES`.
 * @throws SluiceError `SLUICE_LIMIT_CONFLICT` if another owner on this store defines a name differently; then nothing has changed
 */
export function register<C>(store: Store, owner: object, policy: Policy<C>): void {
  checkDefinitions(store, policy, ({ owners }) => owners.size > 1 || !owners.has(owner))
  unregister(store, owner)
  enter(store, owner, policy)
}

/**
 * Enters the limits of a policy for one owner, beside those it has.
 * @throws SluiceError `SLUICE_LIMIT_CONFLICT` if any owner on this store, this one included, defines a name differently
 */
function registerMore<C>(store: Store, owner: object, policy: Policy<C>): void {
  checkDefinitions(store, policy, () => true)
  enter(store, owner, policy)
}

function checkDefinitions<C>(store: Store, policy: Policy<C>, counts: (known: Registered) => boolean): void {
  const registry = registries.get(store)
  for (const { facts, definition } of policy.limits) {
    const known = registry?.get(facts.name)
    if (known === undefined || !counts(known)) continue
    const same = sameDefinition(known.definition, definition)
    aboutLimit(facts.name, 'rule', () => {
      if (!same) throw new SluiceError(SLUICE_LIMIT_CONFLICT, { name: facts.name })
    })
    if (same === 'by text') warnOnce(SLUICE_LIMIT_CLOSURES, { name: facts.name })
  }
}

function enter<C>(store: Store, owner: object, policy: Policy<C>): void {
  const registry = registries.get(store) ?? new Map<string, Registered>()
  registries.set(store, registry)
  for (const { facts, definition } of policy.limits) {
    const known = registry.get(facts.name)
    if (known !== undefined) known.owners.add(owner)
    else registry.set(facts.name, { definition, owners: new Set([owner]) })
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

type Callable = (...parameters: never[]) => unknown

const originals = new WeakMap<object, Callable>()

/** Marks a function that calls a function of the application: definitions are compared by the latter. @returns the first */
export function standsFor<F extends Callable>(fn: F, original: Callable): F {
  originals.set(fn, original)
  return fn
}

/** Two things are equal by themselves, or only because functions of theirs have equal text. */
type Sameness = 'by itself' | 'by text' | false

/** Whether two definitions decide alike. Rules compare by their numbers. */
function sameDefinition(a: Limit<never>, b: Limit<never>): Sameness {
  let same: Sameness = 'by itself'
  if (a === b) return same
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Limit<never>>) {
    const one = sameValue(a[name], b[name])
    if (one === false) return false
    if (one === 'by text') same = one
  }
  return same
}

function sameValue(a: unknown, b: unknown): Sameness {
  if (a === b) return 'by itself'
  if (typeof a === 'function' && typeof b === 'function') return sameFunction(originalOf(a), originalOf(b))
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  return Object.keys(a).length === Object.keys(b).length && sameRule(a as never, b as never) && 'by itself'
}

/** The same line of code makes a new function each time it runs, so that text counts. Its functions may close over different values. */
function sameFunction(a: Callable, b: Callable): Sameness {
  return a === b ? 'by itself' : String(a) === String(b) && 'by text'
}

function originalOf(fn: object): Callable {
  return originals.get(fn) ?? (fn as Callable)
}
