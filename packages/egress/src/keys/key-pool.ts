/** A pool of keys for one provider. It is a provider itself: `fetchThrough`, `providerInterceptor` and `acquire` use it as they use one. */
import { reasonOf, warnOnce } from '@sluice/core/internal'
import { alarmsOf } from '../alarm.ts'
import { SLUICE_EGRESS_TIER, SluiceError } from '../errors.ts'
import type { AcquireOptions } from '../provider/acquire-options.ts'
import type { CallerQueue } from '../provider/caller-queue.ts'
import { inContext } from '../provider/context.ts'
import type { EgressEvent } from '../provider/egress-event.ts'
import { createEvents, type EgressEvents, withEvents } from '../provider/events.ts'
import type { Provider, ProviderSnapshot } from '../provider/provider.ts'
import type { Key, KeyGroup } from './key-group.ts'
import { createKeyRing, type KeyRing } from './key-ring.ts'
import { type KeyOptions, type KeyPoolOptions, type PoolPlan, poolPlanOf, type Tier } from './pool-options.ts'
import { type Router, route, tiersFor } from './route-call.ts'
import { createSharedCap } from './shared-cap.ts'
import { createTiers } from './tiers.ts'

/** A key as people see it. It has no secret. */
export interface KeyStatus {
  readonly label: string
  readonly tier: Tier
  readonly group: string
  readonly state: 'active' | 'draining' | 'evicted'
  /** Calls that were sent with the key and have not ended. */
  readonly inFlight: number
}

/** An event of the pool itself, or of the provider of a group of keys, with the name of the group. */
export type KeyPoolEvent = EgressEvent & { readonly group?: string }

export interface KeyPoolSnapshot extends ProviderSnapshot {
  readonly keys: readonly KeyStatus[]
}

/** A provider with several keys. Its `limits` are the smallest of any group, so that a call of that size fits every group. */
export interface KeyPool extends Provider {
  /**
   * @throws EgressRefusal also `SLUICE_EGRESS_KEYS` if no key may send the call, and `SLUICE_EGRESS_SHARE` if its caller has used up its share
   */
  acquire: Provider['acquire']
  snapshot(call?: Pick<AcquireOptions, 'cost' | 'caller' | 'lane'>): KeyPoolSnapshot
  hasOtherKey(key: string, call: AcquireOptions): boolean
  observe(listener: (event: KeyPoolEvent) => void): () => void
  /** Adds a key. Calls that have lost their last key go on with it. @throws SluiceError for an option that is wrong, by its name */
  add(key: KeyOptions): void
  /**
   * Sends no new call with a key, and removes it when its calls have ended. Calls that wait go to other keys, at the head of their lines.
   * @throws SluiceError `SLUICE_EGRESS_LABEL`
   */
  drain(label: string): Promise<void>
  /** Removes a key at once. Calls that were sent with it end as usual. @throws SluiceError `SLUICE_EGRESS_LABEL` */
  remove(label: string): void
  /** Uses a key again that is evicted or draining. @throws SluiceError `SLUICE_EGRESS_LABEL` */
  restore(label: string): void
}

/**
 * A pool of keys. Each group of keys has a mirror of its own. A call goes to the group that is free first, and waits in the queue of that
 * group.
 * @throws SluiceError for an option that is wrong, by its name. No error has a secret
 * @example
 * const openai = createKeyPool({
 *   name: 'openai',
 *   limits: { requests: { capacity: 500, per: '1m' } },
 *   keys: [
 *     { label: 'light', secret: lightKey },
 *     { label: 'large', secret: largeKey, tier: 'dedicated' },
 *   ],
 *   tier: (user) => (plans.get(user) === 'pro' ? 'dedicated' : 'shared'),
 *   sharePerCaller: 0.2,
 * })
 */
export function createKeyPool(options: KeyPoolOptions): KeyPool {
  const plan = poolPlanOf(options)
  const events = createEvents(plan.name)
  const watchers = new Set<Watcher>()
  const ring = createKeyRing(plan, {
    changed: (key, state, status) => events.watched && events.tell({ type: 'key', key, state, status }),
    opened: (group) => watchers.forEach((watcher) => void watch(watcher, group)),
  })
  for (const [i, key] of plan.keys.entries()) ring.add(key, `keys[${i}]`)
  const router = routerOf(plan, ring, events)
  const pool: KeyPool = {
    name: plan.name,
    get limits() {
      return limitsOf(ring)
    },
    refusedStatus: plan.provider.refusedStatus ?? 429,
    dialect: plan.provider.dialect,
    async acquire(call = {}) {
      return route(router, inContext(call))
    },
    hasOtherKey: (key, call) =>
      tiersFor(router, inContext(call).caller).some((tier) => tier !== undefined && ring.usable(tier, key).length > 0),
    snapshot: (call) => snapshotOf(router, call),
    queueOf: (caller) => queueOf(ring, caller),
    observe(listener) {
      const watcher: Watcher = { listener, stops: [events.observe(listener)] }
      watchers.add(watcher)
      for (const group of ring.groups.values()) watch(watcher, group)
      return () => {
        watchers.delete(watcher)
        for (const stop of watcher.stops) stop()
      }
    },
    add: (key) => ring.add(key),
    drain: async (label) => ring.drain(label),
    remove: (label) => ring.remove(label),
    restore: (label) => ring.restore(label),
    close: () => ring.close(),
  }
  return withEvents(pool, events)
}

/** A listener, and what stops it in each group. */
interface Watcher {
  readonly listener: (event: KeyPoolEvent) => void
  readonly stops: (() => void)[]
}

function watch({ listener, stops }: Watcher, { name: group, provider }: KeyGroup): void {
  stops.push(provider.observe((event) => listener({ ...event, group })))
}

function routerOf(plan: PoolPlan, ring: KeyRing, events: EgressEvents): Router {
  const { clock, name: provider, heavy, windowMs, callers: most } = plan

  function tellFault(error: SluiceError, warn: () => void): void {
    if (events.watched) events.tell({ type: 'fault', error })
    else warn()
  }

  /** A plan that cannot be told is no reason to refuse the call. */
  function byPlan(caller: string): Tier | undefined {
    try {
      const tier: unknown = plan.tier?.(caller)
      if (tier === undefined || tier === 'dedicated' || tier === 'shared') return tier
      throw new TypeError(`it answered a value of type ${typeof tier}`)
    } catch (cause) {
      const facts = { provider, cause: reasonOf(cause) }
      tellFault(new SluiceError(SLUICE_EGRESS_TIER, facts, { cause }), () => warnOnce(SLUICE_EGRESS_TIER, facts))
      return 'shared'
    }
  }

  const changed = (caller: string, tier: Tier): void => {
    if (events.watched) events.tell({ type: 'tier', caller, tier })
  }
  return {
    plan,
    ring,
    alarms: alarmsOf(clock),
    turn: -1,
    cap: createSharedCap(plan.sharePerCaller, windowMs, most, () => clock.nowMs()),
    tiers: createTiers({ byPlan, heavy, windowMs, most, clock, changed }),
    refused(refusal, caller) {
      if (events.watched) events.tell({ type: 'refused', refusal, waitedMs: 0, lane: null, caller: caller ?? null })
      return refusal
    },
    unsendable(key: Key, error) {
      ring.evict(key, undefined)
      if (error instanceof SluiceError && events.watched) events.tell({ type: 'fault', error })
    },
  }
}

/** The calls of a caller may wait in several groups. The one that is sent first says where the caller stands. */
function queueOf({ groups }: KeyRing, caller: string): CallerQueue | null {
  const queues = [...groups.values()].flatMap(({ provider }) => provider.queueOf(caller) ?? [])
  const [first, ...others] = queues.sort((a, b) => a.waitMs - b.waitMs)
  if (first === undefined) return null
  return { ...first, waiting: others.reduce((sum, { waiting }) => sum + waiting, first.waiting) }
}

/** Of each limit the smallest capacity of any group. */
function limitsOf({ groups }: KeyRing): Readonly<Record<string, number>> {
  const smallest: Record<string, number> = {}
  for (const { provider } of groups.values())
    for (const [name, capacity] of Object.entries(provider.limits)) smallest[name] = Math.min(smallest[name] ?? capacity, capacity)
  return smallest
}

function snapshotOf(router: Router, call: Pick<AcquireOptions, 'cost' | 'caller' | 'lane'> = {}): KeyPoolSnapshot {
  const { ring } = router
  const all = [...ring.groups.values()].map(({ provider }) => provider.snapshot(call))
  const sum = (count: (one: ProviderSnapshot) => number): number => all.reduce((total, one) => total + count(one), 0)
  const mine = tiersFor(router, call.caller).flatMap((tier) => (tier === undefined ? [] : ring.usable(tier, undefined)))
  const waits = mine.flatMap(({ provider }) => provider.snapshot(call).waitMs ?? [])
  return {
    waiting: sum(({ waiting }) => waiting),
    inFlight: sum(({ inFlight }) => inFlight),
    waitMs: waits.length === 0 ? null : Math.min(...waits),
    keys: [...ring.keys.values()].map(({ label, group, state, inFlight }) => ({
      label,
      tier: group.tier,
      group: group.name,
      state,
      inFlight,
    })),
  }
}
