/** Rate is the last gate: what was booked is sent at once, or is booked anew if it is late. */
import type { Micros } from '@sluice/core'
import { warnOnce } from '@sluice/core/internal'
import { SLUICE_EGRESS_TRANSIT } from '../errors.ts'
import type { WaitingCall } from '../queue/waiting-call.ts'
import type { PumpState } from './pump-state.ts'
import { ownShare } from './transit-watch.ts'

/** A call that is late so often is sent all the same, with a warning that `transit` is too short. */
const mostMoves = 3

interface Booking {
  readonly at: Micros
  /** When the mirror was asked for it. */
  readonly sentMs: number
  /** How often the call was booked before and came too late. */
  readonly attempts: number
}

/** Sends a call that was booked, or asks for a new booking. */
export function dispatch(state: PumpState, call: WaitingCall, { at, sentMs, attempts }: Booking): void {
  const { provider, clock, transitMs } = state.plan
  const lagMs = clock.nowMs() - sentMs
  const isLate = lagMs > transitMs * ownShare
  if (isLate && attempts < mostMoves) {
    state.outbox.move({ call, move: { at, costs: call.costs }, attempts })
    return
  }
  if (isLate && !state.warned) warnOnce(SLUICE_EGRESS_TRANSIT, { provider, measuredMs: Math.ceil(lagMs), transitMs })
  state.warned ||= isLate
  call.grant(at, lagMs)
}

/** A call whose booking is gone goes to the head of its lane. */
export function requeue(state: PumpState, call: WaitingCall): void {
  state.inFlight -= 1
  state.queue.addFirst(call)
}
