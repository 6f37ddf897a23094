/** The guard and the plan behind what an adapter returned to its application: a quota endpoint reads their limits. */
import type { Plan } from './compile-route.ts'
import type { Guard } from './guard.ts'
import type { LimiterPool } from './limiter-pool.ts'
import type { Settings } from './settings.ts'

/** What a guard is made of, as far as its quota needs it. */
export interface GuardParts<R> {
  readonly pool: LimiterPool<R>
  readonly settings: Settings
}

interface LimitsBehind {
  readonly guard: Guard<never>
  readonly plan: Plan<never>
}

/** Guards enter themselves, so that a bundle without a quota endpoint contains two maps of it and no more. */
export const partsOfGuard: WeakMap<object, GuardParts<never>> = new WeakMap()
const behind = new WeakMap<object, LimitsBehind>()

/**
 * Lets `quota({ guard })` find the limits behind what an adapter returns to the application.
 * @returns `returned`
 * @example
 * ```ts
 * return showsQuota(middleware, guard, guard.root.plan)
 * ```
 */
export function showsQuota<F extends object, R>(returned: F, guard: Guard<R>, plan: Plan<R>): F {
  behind.set(returned, { guard, plan } as never)
  return returned
}

/** What {@link showsQuota} was called with; `undefined` for any other value. */
export function limitsBehind(returned: object): LimitsBehind | undefined {
  return behind.get(returned)
}
