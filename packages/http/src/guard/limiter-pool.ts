/** The limiters of one guard: one for each list of limits, all on one store, watched and administered together. */
import {
  type Admin,
  type Banned,
  createLimiter,
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
import { checkListener, observers, SLUICE_LIMIT_UNKNOWN } from '@sluice/core/internal'
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

/** The pool of one guard. */
export function limiterPool<R>({ store, onFault, functionTimeout, ipv6Prefix }: PoolOptions): LimiterPool<R> {
  const shared = store ?? memoryStore()
  const pool: { readonly limits: readonly HttpLimit<R>[]; readonly limiter: Limiter<HttpSubject<R>> }[] = []
  const byName = new Map<string, NamedLimit<R>>()
  /** For events that no limiter sees. */
  const unseen = observers()
  const listening = new Set<Listening>()

  function named(name: string): NamedLimit<R> {
    const found = byName.get(name)
    if (found === undefined) throw new SluiceError(SLUICE_LIMIT_UNKNOWN, { name, choices: [...byName.keys()] })
    return found
  }

  /** Calls a verb of the limiter that has the limit, for the key that its requests have. */
  function onKey<T>(name: string, key: ListedKey, call: (limiter: Limiter<HttpSubject<R>>, key: ListedKey) => T): T {
    const { limiter, limit } = named(name)
    return call(limiter, operatorKey(limit, key, ipv6Prefix))
  }

  return {
    store: shared,
    limiterFor(limits, own = shared) {
      const known = pool.find((one) => one.limits.length === limits.length && one.limits.every((limit, i) => limit === limits[i]))
      if (known !== undefined) return known.limiter
      const limiter = createLimiter<HttpSubject<R>>({ limits: limits.map(coreLimit), store: own, onFault, functionTimeout })
      pool.push({ limits, limiter })
      for (const limit of limits) byName.set(limit.name, { limit, limiter })
      for (const { listener, stops } of listening) stops.push(limiter.observe(listener))
      return limiter
    },
    names: () => [...byName.keys()],
    publish: unseen.tell,
    admin: {
      inspect: (name, key): MaybePromise<LimitStatus | null> => onKey(name, key, (limiter, own) => limiter.inspect(name, own)),
      reset: (name, key): MaybePromise<void> => onKey(name, key, (limiter, own) => limiter.reset(name, own)),
      block: (name, key, duration): MaybePromise<void> => onKey(name, key, (limiter, own) => limiter.block(name, own, duration)),
      bans: (name): MaybePromise<readonly Banned[]> => named(name).limiter.bans(name),
      observe(each) {
        checkListener(each)
        const listener = onceEach(each)
        const stops = [unseen.observe(listener), ...pool.map(({ limiter }) => limiter.observe(listener))]
        const one = { listener, stops }
        listening.add(one)
        return () => {
          listening.delete(one)
          for (const stop of stops) stop()
        }
      },
      async close() {
        for (const { limiter } of pool) await limiter.close()
        if (store === undefined) await shared.close()
      },
    },
  }
}

/** Each limiter on a store publishes its faults and outages, in one and the same event. A listener to all of them gets it once. */
function onceEach(listener: (event: LimiterEvent) => void): (event: LimiterEvent) => void {
  const seen = new WeakSet<LimiterEvent>()
  return (event) => {
    if (event.type === 'fault' || event.type === 'outage') {
      if (seen.has(event)) return
      seen.add(event)
    }
    listener(event)
  }
}

/** A limit, and the limiter that decides it. */
interface NamedLimit<R> {
  readonly limit: HttpLimit<R>
  readonly limiter: Limiter<HttpSubject<R>>
}

/** A listener to all limiters of a pool, those that are made later included. */
interface Listening {
  readonly listener: (event: LimiterEvent) => void
  readonly stops: (() => void)[]
}
