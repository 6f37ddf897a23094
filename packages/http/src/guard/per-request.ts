/**
 * Notices guards that are made for each request. A guard with a memory store of its own then refuses no request. With any other
 * store, making it takes longer than deciding.
 *
 * A guard of an application is made in one turn of the event loop, and meets its first request in a later one. One that is made for a
 * request decides it in the same turn, and no other.
 */
import { warnOnce } from '@sluice/core/internal'
import { SLUICE_GUARD_PER_REQUEST } from '../errors.ts'

/** Guards in a row that draw the warning. */
const mostInARow = 3
/** Plans that are looked at in one turn, so that a loop that makes many keeps few. */
const mostPlans = 16
/** Limits that one process warns of. A name may come from a request. */
const mostNamed = 100

interface Host {
  setTimeout(run: () => void, ms: number): unknown
}
/** Taken at import: tests that replace the timers wait for none of ours. */
const { setTimeout: later } = globalThis as unknown as Host

/** The part of a plan that is used. */
interface Made {
  readonly limits: readonly { readonly name: string }[]
}

/** Plans of this turn, with the number of requests that each has decided. */
const made = new Map<Made, number>()
let inARow = 0
const named = new Set<string>()

/** Called with the plan of every guard and route when it is made. */
export function planMade(plan: Made): void {
  if (made.size >= mostPlans) return
  if (made.size === 0 && !scheduleEnd()) return
  made.set(plan, 0)
}

/** Whether a plan of this turn may be deciding. */
export function isAnyNew(): boolean {
  return made.size > 0
}

/** Called with the plan of a request while `isAnyNew`. */
export function planDecides(plan: Made): void {
  const requests = made.get(plan)
  if (requests !== undefined) made.set(plan, requests + 1)
}

/** @returns false where the runtime starts no timers, as Workers do outside of a request. A guard made there is made for all requests. */
function scheduleEnd(): boolean {
  try {
    const timer = later(endTurn, 0)
    if (typeof timer === 'object') (timer as { unref?(): void }).unref?.()
    return true
  } catch {
    return false
  }
}

function endTurn(): void {
  for (const [{ limits }, requests] of made) {
    if (requests === 0) continue
    // Two requests in one turn come from a test, or from a script that calls its own handler.
    inARow = requests === 1 ? inARow + 1 : 0
    if (inARow < mostInARow) continue
    // The next row may be of guards with other limits.
    inARow = 0
    if (named.size < mostNamed) warnOf(limits[0]?.name ?? 'none')
  }
  made.clear()
}

function warnOf(name: string): void {
  named.add(name)
  warnOnce(SLUICE_GUARD_PER_REQUEST, { count: mostInARow, name })
}
