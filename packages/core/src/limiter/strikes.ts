/** Strikes: each refusal by a limit that bans counts against the key that was refused. */

import { blockedStatus } from '../buckets/status.ts'
import { parseKey } from '../key-parts.ts'
import { isPromise, type MaybePromise } from '../maybe-promise.ts'
import type { LimiterEvent } from '../observe.ts'
import { storeError } from '../outage/in-time.ts'
import type { Ban, Charge, Store, Verdict } from '../store.ts'

/** Passes a verdict on; if it is a refusal, those who caused it are struck. */
export type Strike = (charges: readonly Charge[], verdict: MaybePromise<Verdict>) => MaybePromise<Verdict>

/**
 * Strikes on a store. One that answers at once bans at once, and the verdict tells of it; with others nobody waits for the strike, and
 * the next refusal does.
 */
export function strikesOn(store: Store, tell: (event: LimiterEvent) => void): Strike {
  function strike(charges: readonly Charge[], verdict: Verdict): Verdict {
    if (verdict.allowed || !counts(verdict)) return verdict
    const limits = [...verdict.limits]
    charges.forEach((charge, i) => {
      if (!isStruck(charge, verdict, i)) return
      const ban = strikeOne(charge)
      if (ban !== null) limits[i] = blockedStatus(limits[i]!, ban.durationMs * 1000)
    })
    return { ...verdict, limits }
  }

  /** The ban, where it is known at once. */
  function strikeOne({ limit, key }: Charge): Ban | null {
    const announce = (ban: Ban | null): Ban | null => {
      if (ban !== null) tell({ type: 'ban', limit: limit.name, key: parseKey(key), ...ban })
      return ban
    }
    const ban = store.strike(limit, key)
    if (!isPromise(ban)) return announce(ban)
    ban.then(announce).catch((cause: unknown) => tell({ type: 'fault', error: storeError(cause), limit: limit.name }))
    return null
  }

  return (charges, verdict) => (isPromise(verdict) ? verdict.then((late) => strike(charges, late)) : strike(charges, verdict))
}

/** Whether it is a refusal of the store, or a copy of one: what a process decides by itself in an outage is held against nobody. */
function counts({ decidedBy, unavailable }: Verdict): boolean {
  return (decidedBy === 'store' || decidedBy === 'cache') && unavailable === undefined
}

/**
 * Whether a limit refused its key by its pace. A cost that no bucket could ever pay is a mistake, not a pace; and who is blocked already
 * is not held there for knocking.
 */
function isStruck({ limit }: Charge, { limits }: Verdict, i: number): boolean {
  const status = limits[i]!
  return limit.ban !== undefined && !limit.shadow && !status.allowed && status.retryAfterMs !== null && status.blockedForMs === undefined
}
