/** A call that waits for its permit. */
import type { Micros } from '@sluice/core'

export interface WaitingCall {
  readonly lane: number
  /** Start tag of fair queueing; 0 for a call that is tried again, which goes first. */
  rank: number
  /** When it arrived, by the clock of the mirror. */
  readonly since: Micros
  /** Number of the call in its process: of one instant, the earlier call goes first. */
  readonly order: number
  readonly costs: readonly number[]
  /** Largest share of a window that it uses, in millionths. */
  readonly share: number
  readonly caller: string | undefined
  /** `asked`: the mirror has been asked and has not answered. `held`: beyond the bound of its caller. `gone`: granted or refused. */
  state: 'waiting' | 'asked' | 'held' | 'gone'
  /** Gives the permit. @param lagMs - time since the mirror was asked */
  grant(at: Micros, lagMs: number): void
  refuse(error: unknown): void
}

/** Whether `a` goes before `b` of the same lane. */
export function goesBefore(a: WaitingCall, b: WaitingCall): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank
  return a.since < b.since || (a.since === b.since && a.order < b.order)
}
