/** Where the figures come from: limiters, memory stores and providers, as far as a collector reads them. */
import type { Admin, MemoryUsage } from '@sluice/core'
import { checkOptions, countsOfDecisions, type DecisionCounts, SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { SluiceError } from './errors.ts'

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
  readonly limiters: readonly { readonly source: Pick<Admin, 'observe'>; readonly counts: DecisionCounts }[]
  readonly memory: readonly { usage(): MemoryUsage }[]
  readonly redis: readonly { usage(): RedisStoreUsage }[]
  readonly providers: readonly ProviderSource[]
}

/** @throws SluiceError `SLUICE_OPTION_UNKNOWN`, `SLUICE_OPTION_TYPE` */
export function checkSources(sources: TelemetrySources): CheckedSources {
  checkOptions(sources, 'createTelemetry', ['limiters', 'stores', 'providers'])
  const { limiters = [], stores = [], providers = [] } = sources
  const known = listOf(stores, 'stores').map((store, i) => {
    if (typeof (store as Partial<StoreSource> | null)?.usage === 'function') return store
    throw wrong(`stores[${i}]`, 'a memory store or a Redis store', store)
  })
  return {
    limiters: listOf(limiters, 'limiters').map((source, i) => {
      const counts = countsOfDecisions(source)
      if (counts === undefined) throw wrong(`limiters[${i}]`, 'a limiter, `guard.admin` or `app.sluice`', source)
      return { source, counts }
    }),
    memory: known.filter((store): store is { usage(): MemoryUsage } => 'buckets' in store.usage()),
    redis: known.filter((store): store is { usage(): RedisStoreUsage } => 'scripts' in store.usage()),
    providers: listOf(providers, 'providers').map((provider, i, all) => {
      const { name, observe, snapshot } = (provider ?? {}) as Partial<ProviderSource>
      if (typeof observe !== 'function' || typeof snapshot !== 'function' || typeof name !== 'string')
        throw wrong(`providers[${i}]`, 'a provider or a key pool of @sluice/egress', provider)
      if (all.findIndex((other) => other.name === name) < i) throw wrong(`providers[${i}]`, 'a provider with a name of its own', name)
      return provider
    }),
  }
}

function listOf<T>(value: readonly T[], option: string): readonly T[] {
  if (Array.isArray(value as unknown)) return value
  throw wrong(option, 'a list', value)
}

function wrong(option: string, wanted: string, value: unknown): SluiceError {
  // The error names the kind of the value alone, because a store or a provider may hold a secret.
  const kind = value === null || typeof value !== 'object' ? value : Array.isArray(value) ? 'a list' : 'an object of another kind'
  return new SluiceError(SLUICE_OPTION_TYPE, { option, wanted, value: kind })
}
