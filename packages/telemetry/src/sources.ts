/** Where the figures come from: limiters, memory stores and providers, as far as a collector reads them. */
import type { Admin, MemoryUsage } from '@sluice/core'
import { checkOptions, type DecisionCounts, watchedLimiters, watchedProviders, watchedStores } from '@sluice/core/internal'

/** What a provider or a key pool of `@sluice/egress` tells. */
export interface ProviderSource {
  readonly name: string
  observe(listener: (event: ProviderEvent) => void): () => void
  snapshot(): { readonly waiting: number; readonly inFlight: number }
}

/** What a Redis store says of itself: `usage()` of `redisStore`. */
export interface RedisStoreUsage {
  readonly scripts: number
  readonly calls: number
  readonly remembered: number
}

/** A store that says what it holds: `memoryStore` or `redisStore`. */
export interface StoreSource {
  usage(): MemoryUsage | RedisStoreUsage
}

/** An event of a provider. What else it has depends on its type. */
export interface ProviderEvent {
  readonly type: string
  readonly waitedMs?: unknown
  readonly reason?: unknown
  readonly state?: unknown
  readonly refusal?: { readonly code: string }
}

/** What is measured. Each list may be missing. */
export interface TelemetrySources {
  /** Limiters, and what looks after a guard: `guard.admin`, or `app.sluice` under Fastify. Limits of one name are added up. */
  readonly limiters?: readonly Pick<Admin, 'observe'>[] | undefined
  /** Memory stores, for the buckets that they hold, and Redis stores, for the groups in which they send calls. */
  readonly stores?: readonly StoreSource[] | undefined
  /** Providers and key pools of `@sluice/egress`. Each needs a name of its own. */
  readonly providers?: readonly ProviderSource[] | undefined
}

/** Sources that were looked at, with the counts of each limiter. */
export interface CheckedSources {
  readonly limiters: readonly { readonly admin: Pick<Admin, 'observe'>; readonly counts: DecisionCounts }[]
  readonly memory: readonly { usage(): MemoryUsage }[]
  readonly redis: readonly { usage(): RedisStoreUsage }[]
  readonly providers: readonly ProviderSource[]
}

/** @throws SluiceError `SLUICE_OPTION_UNKNOWN`, `SLUICE_OPTION_TYPE` */
export function checkSources(sources: TelemetrySources): CheckedSources {
  checkOptions(sources, 'createTelemetry', ['limiters', 'stores', 'providers'])
  const stores = watchedStores(sources.stores ?? [])
  return {
    limiters: watchedLimiters(sources.limiters ?? [], ['observe']),
    memory: stores.filter((store): store is { usage(): MemoryUsage } => 'buckets' in store.usage()),
    redis: stores.filter((store): store is { usage(): RedisStoreUsage } => 'scripts' in store.usage()),
    providers: watchedProviders(sources.providers ?? []),
  }
}
