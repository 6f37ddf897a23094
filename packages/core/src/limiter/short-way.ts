/**
 * The short way of `consume()` and `reserve()`: from a subject straight to the numbers of its buckets.
 *
 * Nearly every call in memory asks plain limits about buckets that are there already. For these the way through charges, a call, a step
 * and a verdict makes half a kilobyte of records that nobody sees, and costs three times what the decision does; `bench decide` holds this
 * way to a floor written by hand. Whatever is out of the ordinary takes the long way, with every bucket as it was, and random histories
 * hold the two alike.
 */

import type { Micros } from '../clock.ts'
import type { Decision, LimitStatus } from '../decision.ts'
import { encodeKey, isOwnText, type Key } from '../key.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { doorOf } from '../memory/memory-store.ts'
import type { Hold, Store } from '../store.ts'
import { admission, refusal } from './answer.ts'
import type { ResolvedKey } from './gather.ts'
import type { CallOptions } from './limiter-contract.ts'
import { find, pay, plainHold, standing, takeBack } from './plain-charge.ts'
import { type PlainLimit, plainLimit } from './plain-limit.ts'
import type { Policy } from './policy.ts'
import type { Reservation } from './reservation.ts'

/** Answers a subject, by whichever way. */
export type ShortWay<C, T> = (subject: C) => MaybePromise<T>

/** The fast paths of a limiter; a verb without one takes the general path. */
export interface Shortcuts<C> {
  readonly consume?: ShortWay<C, Decision> | undefined
  readonly reserve?: ShortWay<C, Reservation> | undefined
}

/** What a closed limiter has. */
export const noShortcuts: Shortcuts<unknown> = {}

/** What is asked of the short way. */
export interface Verb<C, T> {
  /** Whether it keeps what was charged, to settle it later. */
  readonly holds: boolean
  /** @param hold - what was charged; `null` where nothing was, or the verb does not keep it */
  answer(decision: Decision, hold: Hold | null): T
  /** The long way, for a subject of which some limits, the first in the policy, have been asked their key already. */
  longWay(subject: C, keys: readonly ResolvedKey[]): MaybePromise<T>
}

/** The short way of a policy on a store; `undefined` where there is none, because a limit is not plain or the store is not in memory. */
export function shortWay<C, T>(policy: Policy<C>, store: Store, verb: Verb<C, T>): ShortWay<C, T> | undefined {
  const door = doorOf(store)
  if (door === undefined) return undefined
  const { buckets, tidyNow } = door
  const { version, bans } = policy
  const limits = policy.limits.flatMap((limit) => plainLimit(limit, buckets) ?? [])
  if (limits.length < policy.limits.length) return undefined
  const { holds } = verb
  if (holds && limits.some(({ facts }) => facts.debit === 'after')) return undefined
  const only = limits[0]!

  function decideOne(subject: C): MaybePromise<T> {
    const key = keyOf(only, subject)
    if (typeof key !== 'string') return verb.longWay(subject, [key])
    const now = tidyNow()
    const status = pay(only, key, buckets, now)
    if (status === undefined) return refuse(subject, [key], 0, now)
    return verb.answer(admission([status], version), holds ? plainHold(limits, [key], buckets, now) : null)
  }

  /** All keys first, for a function of the application may well call this limiter again. What is paid in vain is taken back at once. */
  function decideAll(subject: C): MaybePromise<T> {
    const keys = new Array<string>(limits.length)
    for (let i = 0; i < limits.length; i++) {
      const key = keyOf(limits[i]!, subject)
      if (typeof key !== 'string') return verb.longWay(subject, [...keys.slice(0, i), key])
      keys[i] = key
    }
    const now = tidyNow()
    const statuses = new Array<LimitStatus>(limits.length)
    for (let i = 0; i < limits.length; i++) {
      const status = pay(limits[i]!, keys[i]!, buckets, now)
      if (status === undefined) {
        for (let paid = 0; paid < i; paid++) takeBack(limits[paid]!)
        return refuse(subject, keys, i, now)
      }
      statuses[i] = status
    }
    return verb.answer(admission(statuses, version), holds ? plainHold(limits, keys, buckets, now) : null)
  }

  /** What one limit has not paid for: refused here, or the long way's to decide, which also holds a refusal against the key. */
  function refuse(subject: C, keys: readonly string[], by: number, now: Micros): MaybePromise<T> {
    if (bans !== undefined || limits[by]!.slot < 0) return verb.longWay(subject, keys)
    const statuses = new Array<LimitStatus>(limits.length)
    for (let i = 0; i < limits.length; i++) {
      const limit = limits[i]!
      // Those after it were not asked.
      if (i > by && !find(limit, keys[i]!, buckets, now)) return verb.longWay(subject, keys)
      statuses[i] = standing(limit, now)
    }
    return verb.answer(refusal(statuses, version), null)
  }

  return limits.length === 1 ? decideOne : decideAll
}

/** The text of a limit's key; what cannot be written at once, or cannot be at all, is for the long way to deal with. */
function keyOf<C>(limit: PlainLimit<C>, subject: C): ResolvedKey {
  try {
    const key = limit.by(subject)
    return typeof key === 'string' && isOwnText(key) ? key : textOrAnswer(key)
  } catch (cause) {
    return thrower(cause)
  }
}

function textOrAnswer(key: unknown): ResolvedKey {
  if (typeof key === 'object' && !Array.isArray(key)) return () => key as MaybePromise<Key | null>
  try {
    return encodeKey(key, '')
  } catch {
    return () => key as Key
  }
}

function thrower(cause: unknown): ResolvedKey {
  return () => {
    throw cause
  }
}

/** Whether a call says nothing that the short way would have to know. */
export function saysNothing(o: CallOptions | undefined): boolean {
  // Whatever else is no object is for the long way to refuse.
  if (typeof o !== 'object' || o === null) return o === undefined
  const { cost = 1, signal, extend } = o
  return cost === 1 && signal === undefined && (extend === undefined || extend.length === 0)
}
