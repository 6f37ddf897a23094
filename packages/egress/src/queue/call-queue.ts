/** The queue of a process: lanes in their order, within a lane the order of fair queueing, and behind it what callers want beyond their bound. */
import type { Micros } from '@sluice/core'
import { type Dimension, horizonUs } from '../mirror/dimension.ts'
import type { Queued } from '../mirror/mirror.ts'
import { type Caller, createCallers, wholeShare } from './callers.ts'
import { createHeldCalls, type Use } from './held-calls.ts'
import { createLane, type Lane } from './lane.ts'
import { callerOf, type FirstCall, firstOf, type QueueState, unitsAhead, unitsAheadOf } from './units-ahead.ts'
import type { WaitingCall } from './waiting-call.ts'

export interface CallQueue {
  /** Calls that wait. */
  readonly depth: number
  /** Whether a caller has calls beyond its bound. */
  readonly holds: boolean
  /**
   * @param use - what bounds the callers at the moment; asked only for calls with a caller
   * @returns whether the call is now the first of its lane
   */
  add(call: WaitingCall, use: () => Use): boolean
  /** A call that is tried again, or whose booking was lost, goes to the head of its lane. */
  addFirst(call: WaitingCall): void
  /** A call that waits no more, without having been granted. */
  remove(call: WaitingCall): void
  /** The first calls of each lane, lane after lane. They are out of the line until they are granted or returned. */
  takeHeads(ofLane: number, most: number): WaitingCall[]
  giveBack(heads: readonly WaitingCall[]): void
  granted(call: WaitingCall, now: Micros): void
  /** Lets calls beyond the bound of their caller into the line when there is room. @returns when the next one may be let in */
  release(use: Use): Micros | undefined
  /**
   * What is served before a call of this lane and caller that arrives now: units by dimension, and last the number of calls.
   *
   * Of another process no more is counted than waits here. Otherwise a process whose queue has run empty would be refused for good,
   * because the others fill every place that becomes free.
   * @param others - what waits in other processes
   */
  ahead(call: Pick<WaitingCall, 'lane' | 'caller' | 'costs'>, others: readonly Queued[]): number[]
  /** The call of a caller that is sent first, and how many of its calls wait. A caller beyond `queue.callers` is not known. */
  firstOf(caller: string): FirstCall | undefined
  /** What is served before a call that waits: as `ahead`, from its place in the queue. */
  aheadOf(call: WaitingCall, others: readonly Queued[]): number[]
  /** Time that a call that waits is still held back for the bound of its caller. */
  stillHeldFor(call: WaitingCall, use: () => Use): Micros
  /** What stands in the line, by lane: units by dimension, and last the number of calls. */
  queued(): number[][]
  /** Time that the call would be held back for the bound of its caller. */
  heldFor(caller: string | undefined, share: number, use: () => Use): Micros
  virtual(virtual: readonly number[]): void
  /** Waiting calls in no order. */
  all(): WaitingCall[]
}

export function createCallQueue(dimensions: readonly Dimension[], laneCount: number, mostCallers: number): CallQueue {
  const lanes = Array.from({ length: laneCount }, () => createLane(dimensions.length))
  const shortest = dimensions.reduce((a, b) => (b.windowUs < a.windowUs ? b : a))
  const callers = createCallers(shortest, mostCallers)
  const held = createHeldCalls(callers, horizonUs(shortest))
  const state: QueueState = { lanes, callers, held, depth: 0, heads: [] }
  return {
    get depth() {
      return state.depth
    },
    get holds() {
      return !held.isEmpty
    },
    add: (call, use) => add(state, call, use),
    addFirst(call) {
      state.depth += 1
      call.rank = 0
      call.state = 'waiting'
      const caller = callerOf(state, call)
      caller?.waiting.add(call)
      enter(state, call, caller)
    },
    remove: (call) => remove(state, call),
    takeHeads(ofLane, most) {
      const heads = takeHeads(lanes, ofLane, most)
      state.heads = heads
      return heads
    },
    giveBack(heads) {
      for (const call of heads) {
        if (call.state === 'gone') continue
        call.state = 'waiting'
        lanes[call.lane]!.push(call)
      }
    },
    granted: (call, now) => granted(state, call, now),
    release: (use) => held.release(use, (call, caller) => enter(state, call, caller)),
    firstOf: (caller) => firstOf(callers.get(caller)),
    aheadOf: (call, others) => unitsAheadOf(state, call, others),
    stillHeldFor(call, use) {
      const caller = call.state === 'held' ? callerOf(state, call) : undefined
      return caller === undefined ? 0 : held.waitOfFirst(caller, use())
    },
    queued: () => lanes.map(({ units, size }) => [...units, size]),
    ahead: (call, others) => unitsAhead(state, call, others),
    heldFor(name, share, use) {
      const caller = callerOf(state, { caller: name })
      return caller === undefined ? 0 : held.waitOf(caller, share, use())
    },
    virtual(virtual) {
      lanes.forEach((lane, i) => {
        lane.virtual = virtual[i] ?? 0
      })
    },
    all: () => [...lanes.flatMap((lane) => lane.calls()), ...held.calls()],
  }
}

function add(state: QueueState, call: WaitingCall, use: () => Use): boolean {
  state.depth += 1
  if (call.caller === undefined) enter(state, call, undefined)
  else if (!addOfCaller(state, call, call.caller, use())) return false
  return state.lanes[call.lane]!.first() === call
}

/** @returns whether the call is in the line, and not beyond the bound of its caller */
function addOfCaller(state: QueueState, call: WaitingCall, name: string, use: Use): boolean {
  const { callers, held } = state
  const caller = callers.of(name, use.now)
  caller?.waiting.add(call)
  if (caller !== undefined && !held.mayEnter(caller, call.share, use)) {
    held.hold(caller, call)
    return false
  }
  enter(state, call, caller)
  return true
}

function enter({ lanes }: QueueState, call: WaitingCall, caller: Caller | undefined): void {
  const lane = lanes[call.lane]!
  if (call.rank !== 0) {
    call.rank = Math.max(1, lane.virtual, caller?.nextRank ?? 0)
    if (caller !== undefined) caller.nextRank = call.rank + call.share
  }
  if (caller !== undefined) caller.inLine += call.share
  lane.push(call)
}

function remove(state: QueueState, call: WaitingCall): void {
  state.depth -= 1
  const wasOffered = call.state === 'asked'
  const caller = callerOf(state, call)
  const wasHeld = caller !== undefined && state.held.remove(caller, call)
  call.state = 'gone'
  caller?.waiting.delete(call)
  if (wasHeld) return
  if (caller !== undefined) caller.inLine -= call.share
  if (!wasOffered) state.lanes[call.lane]!.remove(call)
}

function granted(state: QueueState, call: WaitingCall, now: Micros): void {
  state.depth -= 1
  call.state = 'gone'
  const caller = callerOf(state, call)
  if (caller === undefined) return
  caller.waiting.delete(call)
  caller.inLine -= call.share
  state.callers.spend(caller, now, call.share)
}

function takeHeads(lanes: readonly Lane[], ofLane: number, most: number): WaitingCall[] {
  const heads: WaitingCall[] = []
  for (const lane of lanes) {
    for (let i = 0; i < ofLane && heads.length < most; i++) {
      const call = lane.take()
      if (call === undefined) break
      call.state = 'asked'
      heads.push(call)
    }
  }
  return heads
}

/** The largest share of a window that a call uses, in millionths, at least 1. */
export function shareOfWindow(costs: readonly number[], dimensions: readonly Dimension[]): number {
  let share = 1
  for (let i = 0; i < costs.length; i++) share = Math.max(share, Math.ceil((costs[i]! * wholeShare) / dimensions[i]!.capacity))
  return share
}
