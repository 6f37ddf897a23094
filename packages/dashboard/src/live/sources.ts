/** What a live view looks at: limiters, memory stores, providers and the policy that they follow. */
import type { Admin, MemoryUsage } from '@sluice/core'
import {
  checkOptions,
  type DecisionCounts,
  hasFunctions,
  watchedLimiters,
  watchedProviders,
  watchedStores,
  wrongSource,
} from '@sluice/core/internal'
import type { SharedFigures } from './shared-figures.ts'

/** What a provider or a key pool of `@sluice/egress` tells. */
export interface LiveProvider {
  readonly name: string
  /** Capacity by limit name. */
  readonly limits: Readonly<Record<string, number>>
  observe(listener: (event: LiveProviderEvent) => void): () => void
  snapshot(): { readonly waiting: number; readonly inFlight: number; readonly waitMs: number | null }
}

/** An event of a provider. What else it has depends on its type. */
export interface LiveProviderEvent {
  readonly type: string
  readonly state?: unknown
  readonly code?: unknown
  readonly reason?: unknown
}

/** What `followPolicy` of `@sluice/policy` returns. */
export interface LivePolicy {
  readonly version: string
  readonly refused: number
  readonly refusal: Error | undefined
  /** The document in force, then those before it. */
  readonly history: readonly { readonly document: object; readonly sinceMs: number }[]
}

/** A store that says what it holds, or what it has sent: `memoryStore` or `redisStore`. */
export interface LiveStore {
  usage(): MemoryUsage | { readonly scripts: number; readonly calls: number }
}

/** What {@link createLiveView} takes. Each list may be missing. */
export interface LiveViewOptions {
  /** Limiters, and what looks after a guard: `guard.admin`, or `app.sluice` under Fastify. Limits of one name are added up. */
  readonly limiters?: readonly Admin[] | undefined
  /** Memory stores, for the buckets that they hold, and Redis stores, for the groups in which they send calls. */
  readonly stores?: readonly LiveStore[] | undefined
  /** Providers and key pools of `@sluice/egress`. Each needs a name of its own. */
  readonly providers?: readonly LiveProvider[] | undefined
  /** What `followPolicy` returned. @default none */
  readonly policy?: LivePolicy | undefined
  /**
   * How keys are shown. A hash tells keys apart and does not tell whose they are; it changes with each process. `plain` shows keys as the limit
   * counts them, such as addresses.
   * @default 'hashed'
   */
  readonly keys?: 'hashed' | 'plain' | undefined
  /** Where several processes tell each other their figures: `redisLive(client)` of `@sluice/redis`. @default this process alone */
  readonly shared?: SharedFigures | undefined
}

/** A limiter with its counts. */
export interface LiveLimiter {
  readonly admin: Admin
  readonly counts: DecisionCounts
}

/** Options that were looked at. */
export interface CheckedView {
  readonly limiters: readonly LiveLimiter[]
  readonly stores: readonly LiveStore[]
  readonly providers: readonly LiveProvider[]
  readonly keys: 'hashed' | 'plain'
  readonly policy: LivePolicy | undefined
  readonly shared: SharedFigures | undefined
}

/** @throws SluiceError `SLUICE_OPTION_UNKNOWN`, `SLUICE_OPTION_TYPE` */
export function checkView(options: LiveViewOptions): CheckedView {
  checkOptions(options, 'createLiveView', ['limiters', 'stores', 'providers', 'policy', 'keys', 'shared'])
  const { policy, keys = 'hashed', shared } = options
  if (keys !== 'hashed' && keys !== 'plain') throw wrongSource('keys', "'hashed' or 'plain'", keys)
  if (policy !== undefined && !Array.isArray((policy as Partial<LivePolicy> | null)?.history))
    throw wrongSource('policy', 'what followPolicy() returned', policy)
  if (shared !== undefined && !hasFunctions(shared, ['publish', 'collect']))
    throw wrongSource('shared', 'what redisLive() returned', shared)
  return {
    limiters: watchedLimiters(options.limiters ?? [], ['observe', 'inspect', 'block', 'reset', 'bans']),
    stores: watchedStores(options.stores ?? []),
    providers: watchedProviders(options.providers ?? []),
    policy,
    keys,
    shared,
  }
}
