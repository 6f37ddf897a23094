/** Strikes: each refusal by a limit that bans counts against the key that was refused. */

import type { Ban } from '../ban-kind.ts'
import { blockedStatus } from '../buckets/status.ts'
import { parseKey } from '../key.ts'
import type { LimiterEvent } from '../limiter-event.ts'
import { isPromise, type MaybePromise } from '../maybe-promise.ts'
import { httpOf } from '../request-of-call.ts'
import { type Charge, type Store, storeError, type Verdict } from '../store.ts'

/**
 * Passes a verdict on; a refusal counts against the keys that caused it. A store that answers at once bans at once, and the verdict says so.
 * With other stores no call waits for the strike: the next refusal reports the ban.
 * @param call - stands for the request, if any
 */
export function strike(
  store: Store,
  tell: (event: LimiterEvent) => void,
  charges: readonly Charge[],
  verdict: MaybePromise<Verdict>,
  call: unknown,
): MaybePromise<Verdict> {
  return isPromise(verdict)
    ? verdict.then((late) => strikeAll(store, tell, charges, late, call))
    : strikeAll(store, tell, charges, verdict, call)
}

function strikeAll(
  store: Store,
  tell: (event: LimiterEvent) => void,
  charges: readonly Charge[],
  verdict: Verdict,
  call: unknown,
): Verdict {
  if (verdict.allowed || !counts(verdict)) return verdict
  const limits = [...verdict.limits]
  charges.forEach((charge, i) => {
    if (!isStruck(charge, verdict, i)) return
    const ban = strikeOne(store, tell, charge, call)
    if (ban !== null) limits[i] = blockedStatus(limits[i]!, ban.durationMs * 1000)
  })
  return { ...verdict, limits }
}

/** The ban, if it is known at once. */
function strikeOne(store: Store, tell: (event: LimiterEvent) => void, { limit, key }: Charge, call: unknown): Ban | null {
  const announce = (ban: Ban | null): Ban | null => {
    if (ban !== null) tell({ type: 'ban', limit: limit.name, key: parseKey(key), ...ban, http: httpOf(call) })
    return ban
  }
  const ban = store.strike(limit, key)
  if (!isPromise(ban)) return announce(ban)
  ban.then(announce).catch((cause: unknown) => tell({ type: 'fault', error: storeError(cause), limit: limit.name, http: httpOf(call) }))
  return null
}

/** Whether it is a refusal of the store, or a copy of one. What a process decides alone in an outage counts against no key. */
function counts({ decidedBy, unavailable }: Verdict): boolean {
  return (decidedBy === 'store' || decidedBy === 'cache') && unavailable === undefined
}

/**
 * Whether a limit refused its key for its pace. A cost that no bucket could ever pay is a mistake, not a pace. Refusals of a key that is
 * blocked do not prolong the block.
 */
function isStruck({ limit }: Charge, { limits }: Verdict, i: number): boolean {
  const status = limits[i]!
  return limit.ban !== undefined && !limit.shadow && !status.allowed && status.retryAfterMs !== null && status.blockedForMs === undefined
}
