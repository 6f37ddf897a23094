/** Which keys a caller may use: by its plan, or by what it was measured to use, with hysteresis. */
import type { Clock } from '@sluice/core'
import type { HeavyPlan, Tier } from './pool-options.ts'

export interface Tiers {
  /** The tier of a caller. Calls without a caller are shared. */
  tierOf(caller: string | undefined): Tier
  /** A call was sent. @param share - of a window of all shared keys together */
  used(caller: string | undefined, share: number): void
}

export interface TiersOptions {
  /** The tier by plan; `undefined` leaves it to the measured use. */
  readonly byPlan: (caller: string) => Tier | undefined
  readonly heavy: HeavyPlan | undefined
  /** Time over which the use is averaged: a window of the provider. */
  readonly windowMs: number
  /** Most callers that are measured at a time. Others are light. */
  readonly most: number
  readonly clock: Clock
  /** A caller has changed its tier. */
  changed(caller: string, tier: Tier): void
}

/** What is measured of a caller. */
interface Measured {
  /** Moving average of the shares of a window that it uses in a window, at `atMs`. */
  use: number
  atMs: number
  heavy: boolean
  /** Since when a light caller uses more than `above`; since when a heavy one uses less than `below`. */
  sinceMs: number | undefined
}

/** A light caller whose use has fallen so far makes room for another one. */
const forgotten = 0.001
/** Callers that are looked at when one more comes than there is room for. */
const looked = 8

/**
 * A caller above `above` for `afterMs` becomes heavy, and a heavy one below `below` for `backAfterMs` becomes light again. Between the two
 * shares it stays what it is, so that a caller near one of them is not moved to and fro.
 */
export function createTiers({ byPlan, heavy, windowMs, most, clock, changed }: TiersOptions): Tiers {
  const callers = new Map<string, Measured>()

  /** Brings the measured use of a caller up to date. */
  function renew(name: string, one: Measured, plan: HeavyPlan): void {
    const nowMs = clock.nowMs()
    const use = one.use * Math.exp((one.atMs - nowMs) / windowMs)
    if (use < plan.below) {
      // The use falls between two calls: when it went below is computed, not seen.
      const belowMs = one.use > plan.below ? one.atMs + windowMs * Math.log(one.use / plan.below) : one.atMs
      if (!one.heavy) one.sinceMs = undefined
      else if (nowMs - (one.sinceMs ?? belowMs) >= plan.backAfterMs) move(name, one, false)
      else one.sinceMs ??= belowMs
    } else if (one.heavy) one.sinceMs = undefined
    one.use = use
    one.atMs = nowMs
  }

  function move(name: string, one: Measured, isHeavy: boolean): void {
    one.heavy = isHeavy
    one.sinceMs = undefined
    changed(name, isHeavy ? 'dedicated' : 'shared')
  }

  /** Looks at the oldest callers, and puts those that are still active at the end. */
  function makeRoom(): void {
    let left = looked
    for (const [name, one] of callers) {
      if (left === 0) return
      left -= 1
      if (heavy !== undefined) renew(name, one, heavy)
      callers.delete(name)
      if (one.heavy || one.use > forgotten) callers.set(name, one)
    }
  }

  /** The caller, made if there is room for one more. */
  function measured(name: string): Measured | undefined {
    const known = callers.get(name)
    if (known !== undefined) return known
    if (callers.size >= most) makeRoom()
    if (callers.size >= most) return undefined
    const made: Measured = { use: 0, atMs: clock.nowMs(), heavy: false, sinceMs: undefined }
    callers.set(name, made)
    return made
  }

  return {
    tierOf(caller) {
      if (caller === undefined) return 'shared'
      const planned = byPlan(caller)
      if (planned !== undefined) return planned
      const one = callers.get(caller)
      if (one === undefined || heavy === undefined) return 'shared'
      renew(caller, one, heavy)
      return one.heavy ? 'dedicated' : 'shared'
    },
    used(caller, share) {
      if (caller === undefined || heavy === undefined) return
      const one = measured(caller)
      if (one === undefined) return
      renew(caller, one, heavy)
      one.use += share
      if (one.heavy || one.use <= heavy.above) return
      one.sinceMs ??= one.atMs
      if (one.atMs - one.sinceMs >= heavy.afterMs) move(caller, one, true)
    },
  }
}
