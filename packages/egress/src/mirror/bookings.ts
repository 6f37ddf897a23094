/** Bookings of calls in all dimensions at once: made, taken back, and made anew. */
import type { Micros } from '@sluice/core'
import { horizonUs } from './dimension.ts'
import type { Pace } from './mirror.ts'
import type { MirrorRules, MirrorState } from './state.ts'
import { type Book, unbook } from './window-log.ts'

/** Takes the units of one booking back, in all dimensions. */
export function giveBack(state: MirrorState, at: Micros, back: readonly number[], { dimensions }: MirrorRules): void {
  for (let i = 0; i < dimensions.length; i++) {
    if (back[i] !== 0) unbook(state.logs[i]!, at, back[i]!, dimensions[i]!.slotUs)
  }
}

/**
 * Books anew what still counts in every dimension: the windows from now on hold the same as before. Where calls keep a distance, a call
 * that is late has lost its place.
 * @returns false if the booking is gone, and the call must be taken anew
 */
export function move(
  state: MirrorState,
  now: Micros,
  at: Micros,
  costs: readonly number[],
  rules: MirrorRules,
  pace: Pace,
  put: Book,
): boolean {
  const { dimensions } = rules
  let counts = pace !== 'paced'
  for (let i = 0; i < dimensions.length; i++) if (costs[i]! > 0 && at + horizonUs(dimensions[i]!) <= now) counts = false
  giveBack(state, at, costs, rules)
  if (at === state.probeUs) state.probeUs = counts ? now : 0
  if (counts) bookAll(state, now, costs, rules, put)
  return counts
}

/** Books units in all dimensions. */
export function bookAll(state: MirrorState, now: Micros, costs: readonly number[], { dimensions }: MirrorRules, put: Book): void {
  for (let i = 0; i < dimensions.length; i++) if (costs[i]! > 0) put(state.logs[i]!, now, costs[i]!, dimensions[i]!.slotUs)
}
