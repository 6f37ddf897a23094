/** A platform with guarantees, for tests: an API and its applications. */
import { createLimiter, fixedWindow, guaranteedShareOf, type Limit, type MemoryStore, memoryStore, type SyncLimiter } from '../src/index.ts'
import { type ManualClock, manualClock } from '../src/testing/manual-clock.ts'

export const ten = fixedWindow({ capacity: 10, per: '1s' })
export const api: Limit<string, 'sync'> = { name: 'api', by: () => 'search', rule: ten }
export const app: Limit<string, 'sync'> = { name: 'app', by: (name) => name, rule: guaranteedShareOf(api, 0.3) }

/** Ten a second for all, of which three are guaranteed to each application. */
export interface Platform {
  readonly clock: ManualClock
  readonly store: MemoryStore
  readonly limiter: SyncLimiter<string>
  /** Whether each of so many calls of an application is admitted. */
  ask(name: string, count?: number): number
}

/** A platform on a store of its own. */
export function platform(limits: readonly Limit<string, 'sync'>[] = [api, app], maxBuckets?: number): Platform {
  const clock = manualClock()
  const store = memoryStore({ clock, maxBuckets })
  const limiter = createLimiter<string>({ store, limits })
  const ask = (name: string, count = 1): number => Array.from({ length: count }, () => limiter.consume(name).allowed).filter(Boolean).length
  return { clock, store, limiter, ask }
}

/** A platform on which the guarantees of the named applications are active. */
export function withActive(...names: string[]): Platform {
  const made = platform()
  for (const name of names) made.ask(name)
  made.clock.advance('1s')
  return made
}
