/** The limiters of one guard: one for each list of limits, all on one store, watched and administered together. */
import {
  type Admin,
  type Banned,
  type Duration,
  type Limiter,
  type LimiterEvent,
  type LimitStatus,
  type ListedKey,
  type MaybePromise,
  memoryStore,
  SluiceError,
  type Store,
} from '@sluice/core'
import { limiterGroup, limiterIn, SLUICE_LIMIT_UNKNOWN } from '@sluice/core/internal'
import type { HttpLimit } from '../http-limit.ts'
import { coreLimit, type HttpSubject, operatorKey } from './core-limit.ts'

/** Makes limiters and looks after them. */
export interface LimiterPool<R> {
  readonly store: Store
  /**
   * The limiter of a list; the same one for the same limits.
   * @param own - a store other than that of the pool; its maker closes it
   */
  limiterFor(limits: readonly HttpLimit<R>[], own?: Store): Limiter<HttpSubject<R>>
  /** The names of all limits in the pool. */
  names(): readonly string[]
  /** Whether anything listens to events of a type. */
  watches(type: LimiterEvent['type']): boolean
  /** Publishes an event that no limiter saw. */
  publish(event: LimiterEvent): void
  readonly admin: Admin
}

/** What a pool is made of. */
export interface PoolOptions {
  /** Of the application, which then closes it; without one the pool makes and closes a memory store. */
  readonly store?: Store | undefined
  readonly onFault: 'throw' | 'allow' | 'deny'
  readonly functionTimeout?: Duration | undefined
  /** Leading bits by which IPv6 clients are counted, and so named by operators. */
  readonly ipv6Prefix: number
}

/** Names that operators find, and limiters by one first limit: beyond it the oldest is forgotten, which its routes keep. */
const mostNames = 10_000
const mostLists = 64

/**
 * The pool of one guard. It keeps the latest limiter of each name and no other, so that routes made for each request go with their
 * requests. The limiters share one group, and each is found by the first limit of its list.
 */
export function limiterPool<R>({ store, onFault, functionTimeout, ipv6Prefix }: PoolOptions): LimiterPool<R> {
  const shared = store ?? memoryStore()
  const group = limiterGroup(shared, { limiters: 'many', closesStore: store === undefined })
  const byFirst = new WeakMap<HttpLimit<R>, readonly LimiterOfList<R>[]>()
  const byName = new Map<string, NamedLimit<R>>()

  function named(name: string): NamedLimit<R> {
    const found = byName.get(name)
    if (found === undefined) throw new SluiceError(SLUICE_LIMIT_UNKNOWN, { name, choices: [...byName.keys()] })
    return found
  }

  function keep(limits: readonly HttpLimit<R>[], limiter: Limiter<HttpSubject<R>>): void {
    byFirst.set(limits[0]!, [...(byFirst.get(limits[0]!) ?? []), { limits, limiter }].slice(-mostLists))
    for (const limit of limits) {
      // Entered anew, it is the youngest.
      byName.delete(limit.name)
      byName.set(limit.name, { limit, limiter })
    }
    for (const name of byName.keys()) {
      if (byName.size <= mostNames) break
      byName.delete(name)
    }
  }

  /** Calls a verb of the limiter that has the limit, for the key that its requests have. */
  function onKey<T>(name: string, key: ListedKey, call: (limiter: Limiter<HttpSubject<R>>, key: ListedKey) => T): T {
    const { limiter, limit } = named(name)
    return call(limiter, operatorKey(limit, key, ipv6Prefix))
  }

  return {
    store: shared,
    limiterFor(limits, own = shared) {
      const isSame = (one: LimiterOfList<R>): boolean =>
        one.limits.length === limits.length && one.limits.every((limit, i) => limit === limits[i])
      const known = byFirst.get(limits[0]!)?.find(isSame)
      if (known !== undefined) return known.limiter
      const limiter = limiterIn<HttpSubject<R>>(group, { limits: limits.map(coreLimit), store: own, onFault, functionTimeout })
      keep(limits, limiter)
      return limiter
    },
    names: () => [...byName.keys()],
    watches: group.watchers.watches,
    publish: group.watchers.tell,
    admin: {
      inspect: (name, key): MaybePromise<LimitStatus | null> => onKey(name, key, (limiter, own) => limiter.inspect(name, own)),
      reset: (name, key): MaybePromise<void> => onKey(name, key, (limiter, own) => limiter.reset(name, own)),
      resetAll: (name): MaybePromise<void> => named(name).limiter.resetAll(name),
      block: (name, key, duration): MaybePromise<void> => onKey(name, key, (limiter, own) => limiter.block(name, own, duration)),
      bans: (name): MaybePromise<readonly Banned[]> => named(name).limiter.bans(name),
      observe: group.watchers.observe,
      async close() {
        await group.close()
      },
    },
  }
}

/** A limit, and the limiter that decides it. */
interface NamedLimit<R> {
  readonly limit: HttpLimit<R>
  readonly limiter: Limiter<HttpSubject<R>>
}

/** A list of limits, and its limiter. */
interface LimiterOfList<R> {
  readonly limits: readonly HttpLimit<R>[]
  readonly limiter: Limiter<HttpSubject<R>>
}
