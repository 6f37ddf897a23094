/**
 * The short way of `consume()`: from a subject straight to the numbers of its buckets.
 *
 * Nearly every call in memory asks plain limits about buckets that are there already. For these the way through charges, a call, a step
 * and a verdict makes half a kilobyte of records that nobody sees, and costs three times what the decision does: 5.8 times the
 * hand-written floor of `bench decide` on a hot key, where this way costs twice. Whatever is out of the ordinary takes the long
 * way, before anything has changed here, and random histories hold the two alike.
 */
import { decisionOn } from './answer.ts'
import type { Decision, LimitStatus } from './decision.ts'
import { encodeKey, isOwnText, type Key } from './key.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { doorOf } from './memory-store.ts'
import { canPay, type PlainLimit, pay, plainLimit, plainSlot } from './plain-limit.ts'
import type { Policy } from './policy.ts'
import type { Said } from './resolve.ts'
import type { Store } from './store.ts'

/** Decides for a subject, by whichever way. */
export type ShortWay<C> = (subject: C) => MaybePromise<Decision>

/** The long way, for a subject of which some limits, the first in the policy, have been asked their key already. */
export type LongWay<C> = (subject: C, said: readonly Said[]) => MaybePromise<Decision>

/** The short way of a policy on a store; `undefined` where there is none, because a limit is not plain or the store is not in memory. */
export function shortWay<C>(policy: Policy<C>, store: Store, longWay: LongWay<C>): ShortWay<C> | undefined {
  const door = doorOf(store)
  if (door === undefined) return undefined
  const { buckets, tidyNow } = door
  const { version, bans } = policy
  const limits = policy.limits.flatMap((limit) => plainLimit(limit, buckets) ?? [])
  if (limits.length < policy.limits.length) return undefined
  const only = limits[0]!

  function decideOne(subject: C): MaybePromise<Decision> {
    const key = keyOf(only, subject)
    if (typeof key !== 'string') return longWay(subject, [key])
    const now = tidyNow()
    const slot = plainSlot(only, key, buckets, now)
    if (slot < 0) return longWay(subject, [key])
    const status = pay(only, slot, now, true)
    // A refusal has changed nothing yet, and the long way holds it against the key.
    if (bans && !status.allowed) return longWay(subject, [key])
    return decisionOn([status], status.allowed, version)
  }

  /** All keys first, for a function of the application may well call this limiter again; then all looks; then all charges. */
  function decideAll(subject: C): MaybePromise<Decision> {
    const keys = new Array<string>(limits.length)
    for (let i = 0; i < limits.length; i++) {
      const key = keyOf(limits[i]!, subject)
      if (typeof key !== 'string') return longWay(subject, [...keys.slice(0, i), key])
      keys[i] = key
    }
    const now = tidyNow()
    let allowed = true
    for (let i = 0; i < limits.length; i++) {
      const limit = limits[i]!
      limit.slot = plainSlot(limit, keys[i]!, buckets, now)
      if (limit.slot < 0) return longWay(subject, keys)
      if (allowed) allowed = canPay(limit, limit.slot, now)
    }
    if (bans && !allowed) return longWay(subject, keys)
    const statuses = new Array<LimitStatus>(limits.length)
    for (let i = 0; i < limits.length; i++) statuses[i] = pay(limits[i]!, limits[i]!.slot, now, allowed)
    return decisionOn(statuses, allowed, version)
  }

  return limits.length === 1 ? decideOne : decideAll
}

/** The text of a limit's key; what cannot be written at once, or cannot be at all, is for the long way to deal with. */
function keyOf<C>(limit: PlainLimit<C>, subject: C): Said {
  try {
    const key = limit.by(subject)
    return typeof key === 'string' && isOwnText(key) ? key : textOrAnswer(key)
  } catch (cause) {
    return thrower(cause)
  }
}

function textOrAnswer(key: unknown): Said {
  if (typeof key === 'object' && !Array.isArray(key)) return () => key as MaybePromise<Key | null>
  try {
    return encodeKey(key, '')
  } catch {
    return () => key as Key
  }
}

function thrower(cause: unknown): Said {
  return () => {
    throw cause
  }
}
