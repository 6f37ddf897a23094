/** How a call gets its key: the group that is free first, and the queue of that group is the reservation. */
import { SLUICE_CLOSED } from '@sluice/core/internal'
import type { Alarms } from '../alarm.ts'
import { isLimitRefusal } from '../dialects/dialect.ts'
import { headerOf } from '../dialects/response-headers.ts'
import { SLUICE_EGRESS_KEYS, SLUICE_EGRESS_SHARE, SluiceError } from '../errors.ts'
import type { AcquireOptions } from '../provider/acquire-options.ts'
import type { EgressCost } from '../provider/costs.ts'
import type { Permit } from '../provider/permit.ts'
import { EgressRefusal, egressRefusalOf } from '../refusal.ts'
import { acquireIn, endCall, type Key, type KeyGroup, pickKey } from './key-group.ts'
import type { KeyRing } from './key-ring.ts'
import type { PoolPlan, Tier } from './pool-options.ts'
import type { SharedCap } from './shared-cap.ts'
import type { Tiers } from './tiers.ts'

/** What routing needs of a pool. */
export interface Router {
  readonly plan: PoolPlan
  readonly ring: KeyRing
  readonly tiers: Tiers
  readonly cap: SharedCap
  readonly alarms: Alarms
  /** Calls so far: groups that are equal take turns. */
  turn: number
  /** A call is refused by the pool, and not by the provider of a group. @returns the refusal */
  refused(refusal: EgressRefusal, caller: string | undefined): EgressRefusal
  /** The secret of a key cannot be sent. */
  unsendable(key: Key, error: unknown): void
}

/** Groups that are asked for one call, the first included. */
const mostGroups = 3

/** Share of a window of all shared keys that a call uses: the largest over its limits. */
function shareOfCall({ plan, ring }: Router, cost: EgressCost | undefined): number {
  let share = 0
  for (const [i, name] of plan.limits.names.entries()) {
    let capacity = 0
    for (const { tier, keys, provider } of ring.groups.values()) if (tier === 'shared' && keys.size > 0) capacity += provider.limits[name]!
    const units = cost?.[name] ?? plan.limits.usual[i] ?? 0
    if (capacity > 0 && units > 0) share = Math.max(share, units / capacity)
  }
  return share
}

/** Tiers whose keys a caller may use, the best first. */
export function tiersFor({ plan, tiers }: Router, caller: string | undefined): readonly [Tier, Tier?] {
  const tier = tiers.tierOf(caller)
  return tier === 'dedicated' && plan.overflow ? ['dedicated', 'shared'] : [tier]
}

/** @throws EgressRefusal the refusal with the shortest wait, if no key may send the call in time */
export async function route(router: Router, call: AcquireOptions): Promise<Permit> {
  const bornMs = router.plan.clock.nowMs()
  const [first, other] = tiersFor(router, call.caller)
  try {
    return await inTier(router, call, first, bornMs)
  } catch (error) {
    const refusal = sooner(undefined, error)
    if (other === undefined) throw refusal
    return await inTier(router, call, other, bornMs).catch((second: unknown) => {
      throw sooner(refusal, second)
    })
  }
}

/** The refusal to come back to first. @throws what is no refusal */
function sooner(refusal: EgressRefusal | undefined, error: unknown): EgressRefusal {
  const next = egressRefusalOf(error)
  // A budget is the same in every group.
  if (next === undefined || next.code === 'SLUICE_EGRESS_BUDGET') throw error
  if (refusal === undefined) return next
  return (next.retryAfterMs ?? Number.POSITIVE_INFINITY) < (refusal.retryAfterMs ?? Number.POSITIVE_INFINITY) ? next : refusal
}

async function inTier(router: Router, call: AcquireOptions, tier: Tier, bornMs: number): Promise<Permit> {
  const back = tier === 'shared' ? takeShare(router, call) : () => {}
  try {
    return await inGroups(router, call, { tier, bornMs, back })
  } catch (error) {
    back()
    throw error
  }
}

/** @returns what takes the booking back */
function takeShare(router: Router, { caller, cost }: AcquireOptions): () => void {
  const { plan, cap } = router
  const booked = cap.take(caller, shareOfCall(router, cost))
  if (typeof booked === 'function') return booked
  const facts = { share: plan.sharePerCaller }
  const refusal = new EgressRefusal(SLUICE_EGRESS_SHARE, { provider: plan.name, retryAfterMs: booked, scope: 'caller', facts })
  throw router.refused(refusal, caller)
}

interface Routed {
  readonly tier: Tier
  readonly bornMs: number
  /** Takes the booking of the caller back. */
  readonly back: () => void
}

async function inGroups(router: Router, call: AcquireOptions, routed: Routed): Promise<Permit> {
  const { plan, ring } = router
  const { tier, bornMs } = routed
  const endMs = bornMs + Math.min(plan.waitMs, call.deadlineMs ?? plan.waitMs)
  const refusedBy = new Set<KeyGroup>()
  let refusal: EgressRefusal | undefined
  let { again, deadlineMs } = call
  let hasMoved = false
  while (refusedBy.size < mostGroups) {
    if (ring.isClosed) throw new SluiceError(SLUICE_CLOSED, { what: 'key pool' })
    if (call.signal?.aborted) throw call.signal.reason
    const groups = ring.usable(tier, call.refusedKey).filter((group) => !refusedBy.has(group))
    const group = freeFirst(groups, call, router)
    if (group === undefined) {
      // A call that has lost its group waits for the next key. Any other call is told at once that there is none.
      if (refusal !== undefined || !hasMoved || !(await nextKey(router, call, endMs))) break
    } else {
      try {
        const permit = await acquireIn(group, { ...call, deadlineMs, again })
        const key = permit && pickKey(group, call.refusedKey)
        const keyed = permit && key && keyPermit(router, call, { ...routed, permit, key })
        if (keyed) return keyed
        permit?.cancel()
        again = true
        hasMoved = true
      } catch (error) {
        refusal = sooner(refusal, error)
        refusedBy.add(group)
      }
    }
    deadlineMs = endMs - plan.clock.nowMs()
  }
  throw refusal ?? router.refused(noKey(plan, tier), call.caller)
}

function noKey({ name }: PoolPlan, tier: Tier): EgressRefusal {
  return new EgressRefusal(SLUICE_EGRESS_KEYS, { provider: name, retryAfterMs: null, scope: 'provider', status: 503, facts: { tier } })
}

/** The group with the shortest predicted wait; of equals the one with the fewest calls, and of these each in turn. */
function freeFirst(groups: readonly KeyGroup[], { cost, caller, lane }: AcquireOptions, router: Router): KeyGroup | undefined {
  if (groups.length < 2) return groups[0]
  router.turn += 1
  let best: { readonly group: KeyGroup; readonly waitMs: number; readonly calls: number } | undefined
  for (let i = 0; i < groups.length; i++) {
    const group = groups[(i + router.turn) % groups.length]!
    const { waitMs, calls } = stateOf(group, { cost, caller, lane })
    if (best === undefined || waitMs < best.waitMs || (waitMs === best.waitMs && calls < best.calls)) best = { group, waitMs, calls }
  }
  return best?.group
}

function stateOf({ provider }: KeyGroup, call: Pick<AcquireOptions, 'cost' | 'caller' | 'lane'>) {
  try {
    const { waitMs, waiting, inFlight } = provider.snapshot(call)
    return { waitMs: waitMs ?? 0, calls: waiting + inFlight }
  } catch {
    // The call is wrong or too large for the group, which says so itself if no other group takes it.
    return { waitMs: Number.POSITIVE_INFINITY, calls: 0 }
  }
}

/** Waits until a key comes. @returns false if the time is over first. @throws the reason of the signal */
function nextKey({ ring, alarms }: Router, { signal }: AcquireOptions, endMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const end = (finish: () => void) => (): void => {
      alarms.cancel(late)
      stop()
      signal?.removeEventListener('abort', abort)
      finish()
    }
    const abort = end(() => reject(signal?.reason))
    const late = alarms.at(
      endMs,
      end(() => resolve(false)),
      true,
    )
    const stop = ring.onKey(end(() => resolve(true)))
    signal?.addEventListener('abort', abort)
  })
}

interface Granted extends Routed {
  readonly permit: Permit
  readonly key: Key
}

/** The permit with the label of its key. @returns `undefined` if the secret of the key cannot be sent */
function keyPermit(router: Router, call: AcquireOptions, { permit, key, tier, bornMs, back }: Granted): Permit | undefined {
  const { plan, alarms, ring, tiers } = router
  // The secret is read once for each call, and only here can that fail.
  const credentials = new Headers()
  try {
    key.authorize(credentials)
  } catch (error) {
    router.unsendable(key, error)
    return undefined
  }
  const nowMs = plan.clock.nowMs()
  let ended = false
  const end = (): void => {
    if (ended) return
    ended = true
    alarms.cancel(late)
    endCall(key)
  }
  key.inFlight += 1
  // The provider settles a permit that is forgotten. Nobody tells this one of it.
  const late = alarms.at(nowMs + plan.permitTtlMs, end, false)
  tiers.used(call.caller, shareOfCall(router, call.cost))
  const settle: Permit['settle'] = (actual) => {
    permit.settle(actual)
    end()
  }
  return {
    waitedMs: nowMs - bornMs,
    key: key.label,
    authorize(headers) {
      for (const [name, value] of credentials) headers.set(name, value)
    },
    observe(headers, status = 200) {
      permit.observe(headers, status)
      if (status !== 401 && status !== 403) return
      // Some providers say 403 when a limit is used up.
      if (!isLimitRefusal(plan.provider.dialect, status, headerOf(headers))) ring.evict(key, status, call.refusedKey)
    },
    settle,
    cancel() {
      if (ended) return
      permit.cancel()
      if (tier === 'shared') back()
      end()
    },
    [Symbol.dispose]: () => settle(),
  }
}
