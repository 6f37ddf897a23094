/** What telemetry and pages are given to watch: lists of limiters, stores and providers, checked in one way. */
import type { DecisionCounts } from './decision-counts.ts'
import { SLUICE_OPTION_TYPE } from './errors.ts'
import { countsOfDecisions } from './observe.ts'
import { SluiceError } from './sluice-error.ts'

/** Limiters with what they count. @param verbs - functions that each must have. @throws SluiceError `SLUICE_OPTION_TYPE` */
export function watchedLimiters<A extends object>(
  limiters: readonly A[],
  verbs: readonly string[],
): readonly { readonly admin: A; readonly counts: DecisionCounts }[] {
  return listOf(limiters, 'limiters').map((admin, i) => {
    const counts = countsOfDecisions(admin)
    if (counts === undefined || !hasFunctions(admin, verbs))
      throw wrongSource(`limiters[${i}]`, 'a limiter, `guard.admin` or `app.sluice`', admin)
    return { admin, counts }
  })
}

/** Stores that say what they hold. @throws SluiceError `SLUICE_OPTION_TYPE` */
export function watchedStores<S extends object>(stores: readonly S[]): readonly S[] {
  return listOf(stores, 'stores').map((store, i) => {
    if (!hasFunctions(store, ['usage'])) throw wrongSource(`stores[${i}]`, 'a memory store or a Redis store', store)
    return store
  })
}

/** Providers and key pools, each with a name of its own. @throws SluiceError `SLUICE_OPTION_TYPE` */
export function watchedProviders<P extends { readonly name: string }>(providers: readonly P[]): readonly P[] {
  return listOf(providers, 'providers').map((provider, i, all) => {
    if (!hasFunctions(provider, ['observe', 'snapshot']) || typeof provider.name !== 'string')
      throw wrongSource(`providers[${i}]`, 'a provider or a key pool of @sluice/egress', provider)
    if (all.findIndex((other) => other.name === provider.name) < i)
      throw wrongSource(`providers[${i}]`, 'a provider with a name of its own', provider.name)
    return provider
  })
}

export function hasFunctions(value: unknown, names: readonly string[]): boolean {
  return value !== null && value !== undefined && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
}

function listOf<T>(value: readonly T[], option: string): readonly T[] {
  if (Array.isArray(value as unknown)) return value
  throw wrongSource(option, 'a list', value)
}

/** The error names the kind of the value alone, because a store or a provider may hold a secret. */
export function wrongSource(option: string, wanted: string, value: unknown): SluiceError {
  const kind = value === null || typeof value !== 'object' ? value : Array.isArray(value) ? 'a list' : 'an object of another kind'
  return new SluiceError(SLUICE_OPTION_TYPE, { option, wanted, value: kind })
}
