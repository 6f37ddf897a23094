/** Calls beyond the bound of their caller. They wait outside the line, in their order, until the windows have room for the caller. */
import type { Micros } from '@sluice/core'
import { type Caller, type Callers, lightShare } from './callers.ts'
import type { WaitingCall } from './waiting-call.ts'

/** What bounds the callers at a moment. */
export interface Use {
  readonly now: Micros
  /** Shares of the window that are used, by all callers in all processes. */
  readonly used: number
}

export interface HeldCalls {
  readonly isEmpty: boolean
  /** Whether the next call of a caller may enter the line. */
  mayEnter(caller: Caller, share: number, use: Use): boolean
  hold(caller: Caller, call: WaitingCall): void
  /** @returns whether the call was held */
  remove(caller: Caller, call: WaitingCall): boolean
  /** Lets calls enter the line when there is room. @returns when the next one may enter */
  release(use: Use, enter: (call: WaitingCall, caller: Caller) => void): Micros | undefined
  /** Time that a new call of the caller would be held. */
  waitOf(caller: Caller, share: number, use: Use): Micros
  /** Time that the first held call of the caller is still held; 0 if none is. */
  waitOfFirst(caller: Caller, use: Use): Micros
  calls(): WaitingCall[]
}

/** @param horizonUs - time in which a caller may use its bound once */
export function createHeldCalls(callers: Callers, horizonUs: Micros): HeldCalls {
  const holding = new Set<Caller>()

  function boundOf(caller: Caller, share: number, { now, used }: Use): number {
    return callers.bound(used - callers.used(caller, now), share)
  }

  function fits(caller: Caller, share: number, use: Use): boolean {
    const mine = callers.used(caller, use.now) + caller.inLine
    if (mine + Math.max(caller.heldShare, share) <= lightShare) return true
    return mine === 0 || mine + share <= boundOf(caller, share, use)
  }

  function mayEnter(caller: Caller, share: number, use: Use): boolean {
    return caller.held.length === 0 && fits(caller, share, use)
  }

  function freeAt(caller: Caller, { share }: Pick<WaitingCall, 'share'>, use: Use): Micros {
    return callers.freeAt(caller, use.now, share, boundOf(caller, share, use))
  }

  function taken(caller: Caller, call: WaitingCall): WaitingCall {
    call.state = 'waiting'
    caller.heldShare -= call.share
    if (caller.held.length === 0) holding.delete(caller)
    return call
  }

  return {
    get isEmpty() {
      return holding.size === 0
    },
    mayEnter,
    hold(caller, call) {
      call.state = 'held'
      caller.held.push(call)
      caller.heldShare += call.share
      holding.add(caller)
    },
    remove(caller, call) {
      if (call.state !== 'held') return false
      caller.held.splice(caller.held.indexOf(call), 1)
      taken(caller, call)
      return true
    },
    release(use, enter) {
      let next: Micros | undefined
      for (const caller of holding) {
        while (caller.held.length > 0 && fits(caller, caller.held[0]!.share, use)) enter(taken(caller, caller.held.shift()!), caller)
        const first = caller.held[0]
        if (first === undefined) continue
        const at = freeAt(caller, first, use)
        next = Math.min(next ?? at, at)
      }
      return next
    },
    waitOf(caller, share, use) {
      if (mayEnter(caller, share, use)) return 0
      const bound = boundOf(caller, share, use)
      const first = callers.freeAt(caller, use.now, share, bound) - use.now
      return Math.ceil(first + (caller.heldShare * horizonUs) / Math.max(bound, 1))
    },
    waitOfFirst(caller, use) {
      const first = caller.held[0]
      return first === undefined ? 0 : Math.max(0, freeAt(caller, first, use) - use.now)
    },
    calls: () => [...holding].flatMap(({ held }) => held),
  }
}
