/** What is served before a call: of one that arrives now, and of one that waits. */
import type { Queued } from '../mirror/mirror.ts'
import type { Caller, Callers } from './callers.ts'
import type { HeldCalls } from './held-calls.ts'
import type { Lane } from './lane.ts'
import { goesBefore, type WaitingCall } from './waiting-call.ts'

/** What a queue is made of. */
export interface QueueState {
  readonly lanes: readonly Lane[]
  readonly callers: Callers
  readonly held: HeldCalls
  depth: number
  /** The heads that were taken last. Those in the state `asked` are neither in a lane nor granted. */
  heads: readonly WaitingCall[]
}

/** The call of a caller that is sent first, and how many of its calls wait. */
export interface FirstCall {
  readonly call: WaitingCall
  readonly waiting: number
}

/** Calls of one caller that are looked at to find its first. */
const mostLooked = 256

export function callerOf({ callers }: QueueState, { caller }: Pick<WaitingCall, 'caller'>): Caller | undefined {
  return caller === undefined ? undefined : callers.get(caller)
}

/** In its lane, a call in the line goes before a held one. */
export function firstOf(caller: Caller | undefined): FirstCall | undefined {
  if (caller === undefined || caller.waiting.size === 0) return undefined
  let first = caller.held[0]
  let looked = 0
  for (const call of caller.waiting) {
    if (++looked > mostLooked) break
    if (call.state === 'held') continue
    if (first === undefined || first.state === 'held' || isSentBefore(call, first)) first = call
  }
  return first && { call: first, waiting: caller.waiting.size }
}

function isSentBefore(a: WaitingCall, b: WaitingCall): boolean {
  return a.lane === b.lane ? goesBefore(a, b) : a.lane < b.lane
}

type ArrivingCall = Pick<WaitingCall, 'lane' | 'caller' | 'costs'>

/** Units by dimension, and last the number of calls, that are served before a call that arrives now. */
export function unitsAhead(state: QueueState, call: ArrivingCall, others: readonly Queued[]): number[] {
  const own = state.lanes[call.lane]!
  const rank = Math.max(own.virtual, callerOf(state, call)?.nextRank ?? 0)
  return sumAhead(state, call, others, { rank, part: call.caller === undefined ? 1 : own.partBefore(rank) })
}

/** The same for a call that waits. Heads that the mirror has been asked for are in no lane. */
export function unitsAheadOf(state: QueueState, call: WaitingCall, others: readonly Queued[]): number[] {
  const { rank, lane } = call
  const ahead =
    call.state === 'held'
      ? unitsAhead(state, call, others)
      : sumAhead(state, call, others, { rank, part: state.lanes[lane]!.partAhead(call) })
  for (const head of state.heads) {
    if (head.state !== 'asked' || head === call || !(call.state === 'held' ? head.lane <= lane : isSentBefore(head, call))) continue
    for (let i = 0; i < ahead.length; i++) ahead[i]! += head.costs[i] ?? 1
  }
  return ahead
}

/** A place in a lane: the start tag, and the part of the lane that goes before. */
interface Place {
  readonly rank: number
  readonly part: number
}

/** Rounded up. A part of whole numbers may miss a whole number by a rounding error of the division. */
function partOf(units: number, part: number): number {
  return Math.ceil(units * part - 1e-6)
}

function sumAhead(state: QueueState, call: ArrivingCall, others: readonly Queued[], place: Place): number[] {
  const { lane, costs } = call
  const { rank } = place
  const own = state.lanes[lane]!
  const calls = costs.length
  const ahead = [...costs, 0].fill(0)
  for (const each of state.lanes.slice(0, lane + 1)) {
    const part = each === own ? place.part : 1
    for (let i = 0; i < calls; i++) ahead[i]! += partOf(each.units[i]!, part)
    ahead[calls]! += partOf(each.size, part)
  }
  const most = ahead.map((units, i) => units + (costs[i] ?? 1))
  for (const other of others) {
    if (other.lane > lane || (other.lane === lane && other.rank > rank)) continue
    for (let i = 0; i < ahead.length; i++) ahead[i]! += Math.min(most[i]!, other.units[i] ?? other.calls)
  }
  return ahead
}
