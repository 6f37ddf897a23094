/**
 * Slots for calls in flight that all processes share. A process says with each question how many it holds. So the next question
 * corrects a lost answer. What a dead process held is free when its lease is over.
 */
import type { Micros } from '@sluice/core'
import type { Ask } from './mirror.ts'
import type { Hold, MirrorRules, MirrorState } from './state.ts'

/** A slot becomes free when a call ends, which cannot be foreseen. A process that has missed the hint looks again after this time. */
export const slotLookUs: Micros = 1_000_000

/** Takes down what the process holds, and forgets those whose lease is over. */
export function holdOf(state: MirrorState, { process, held }: Ask, { slots, leaseUs }: MirrorRules, now: Micros): Hold {
  const hold = { process, held, untilUs: now + leaseUs }
  if (slots > 0) state.holds = [...state.holds.filter((each) => each.process !== process && each.untilUs > now && each.held > 0), hold]
  return hold
}

/** Slots that no process holds. */
export function freeSlots({ holds }: MirrorState, { slots }: MirrorRules): number {
  return slots === 0 ? Number.POSITIVE_INFINITY : holds.reduce((free, { held }) => free - held, slots)
}
