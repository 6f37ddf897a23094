/** The queue of a process: lanes in their order, within a lane the order of fair queueing, and behind it what callers want beyond their bound. */
import type { Micros } from '@sluice/core'
import type { Dimension } from '../mirror/dimension.ts'
import type { Queued } from '../mirror/mirror.ts'
import { type Caller, createCallers, lightShare, wholeShare } from './callers.ts'
import { type Heap, heap } from './heap.ts'
import { goesBefore, type WaitingCall } from './waiting-call.ts'

/** What bounds the callers at a moment. */
export interface Use {
  readonly now: Micros
  /** Shares of the window that everybody has used, in all processes. */
  readonly used: number
}

export interface CallQueue {
  /** Calls that wait. */
  readonly depth: number
  /** Whether a caller has calls beyond its bound. */
  readonly holds: boolean
  /** @returns whether the call is now the first of its lane */
  add(call: WaitingCall, use: Use): boolean
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
   * Units by dimension that are served before a call of this lane and caller that arrives now.
   *
   * Of another process no more is counted than waits here. Otherwise a process whose queue has run empty would be refused for good,
   * because the others fill every place that becomes free.
   * @param others - what waits in other processes
   */
  ahead(call: Pick<WaitingCall, 'lane' | 'caller' | 'costs'>, others: readonly Queued[]): number[]
  /** Units by lane and dimension that stand in the line. */
  queued(): number[][]
  /** Time that the call would be held back for the bound of its caller. */
  heldFor(caller: string | undefined, share: number, use: Use): Micros
  virtual(virtual: readonly number[]): void
  /** Waiting calls in no order. */
  all(): WaitingCall[]
}

/** Calls that are looked at to tell how many go before a new one. */
const sample = 256

export function createCallQueue(dimensions: readonly Dimension[], lanes: number, mostCallers: number): CallQueue {
  const lines = Array.from({ length: lanes }, () => ({ heap: heap(goesBefore), sums: dimensions.map(() => 0), gone: 0, virtual: 0 }))
  const shortest = dimensions.reduce((a, b) => (b.windowUs < a.windowUs ? b : a))
  const callers = createCallers(shortest, mostCallers)
  /** Callers with calls beyond their bound. */
  const holding = new Set<Caller>()
  let depth = 0
  const horizon = shortest.windowUs + shortest.transitUs

  const callerOf = (call: WaitingCall): Caller | undefined => (call.caller === undefined ? undefined : callers.get(call.caller))

  function enter(call: WaitingCall, caller: Caller | undefined): void {
    const line = lines[call.lane]!
    if (call.rank !== 0) {
      call.rank = Math.max(1, line.virtual, caller?.nextRank ?? 0)
      if (caller !== undefined) caller.nextRank = call.rank + call.share
    }
    if (caller !== undefined) caller.inLine += call.share
    push(line, call)
  }

  function push(line: (typeof lines)[number], call: WaitingCall): void {
    line.heap.push(call)
    for (let i = 0; i < call.costs.length; i++) line.sums[i]! += call.costs[i]!
  }

  function leave(call: WaitingCall): void {
    const { sums } = lines[call.lane]!
    for (let i = 0; i < call.costs.length; i++) sums[i]! -= call.costs[i]!
  }

  function boundOf(caller: Caller, share: number, { now, used }: Use): number {
    return callers.bound(used - callers.used(caller, now), share)
  }

  function fits(caller: Caller, share: number, use: Use): boolean {
    const mine = callers.used(caller, use.now) + caller.inLine
    if (mine + Math.max(caller.heldShare, share) <= lightShare) return true
    return mine === 0 || mine + share <= boundOf(caller, share, use)
  }

  function popLive(queue: Heap<WaitingCall>, line: (typeof lines)[number]): WaitingCall | undefined {
    for (;;) {
      const call = queue.pop()
      if (call === undefined || call.state === 'waiting') return call
      line.gone -= 1
    }
  }

  return {
    get depth() {
      return depth
    },
    get holds() {
      return holding.size > 0
    },
    add(call, use) {
      depth += 1
      const caller = call.caller === undefined ? undefined : callers.of(call.caller, use.now)
      if (caller !== undefined && (caller.held.length > 0 || !fits(caller, call.share, use))) {
        caller.held.push(call)
        caller.heldShare += call.share
        holding.add(caller)
        return false
      }
      enter(call, caller)
      return lines[call.lane]!.heap.first() === call
    },
    addFirst(call) {
      depth += 1
      call.rank = 0
      call.state = 'waiting'
      enter(call, callerOf(call))
    },
    remove(call) {
      depth -= 1
      const offered = call.state === 'asked'
      call.state = 'gone'
      const caller = callerOf(call)
      const held = caller?.held.indexOf(call) ?? -1
      if (caller !== undefined && held >= 0) {
        caller.held.splice(held, 1)
        caller.heldShare -= call.share
        if (caller.held.length === 0) holding.delete(caller)
        return
      }
      if (caller !== undefined) caller.inLine -= call.share
      if (offered) return
      leave(call)
      const line = lines[call.lane]!
      line.gone += 1
      if (line.gone < 64 || line.gone * 2 < line.heap.size) return
      line.heap.keep(({ state }) => state === 'waiting')
      line.gone = 0
    },
    takeHeads(ofLane, most) {
      const heads: WaitingCall[] = []
      for (const line of lines) {
        for (let i = 0; i < ofLane && heads.length < most; i++) {
          const call = popLive(line.heap, line)
          if (call === undefined) break
          call.state = 'asked'
          leave(call)
          heads.push(call)
        }
      }
      return heads
    },
    giveBack(heads) {
      for (const call of heads) {
        if (call.state === 'gone') continue
        call.state = 'waiting'
        push(lines[call.lane]!, call)
      }
    },
    granted(call, now) {
      depth -= 1
      call.state = 'gone'
      const caller = callerOf(call)
      if (caller === undefined) return
      caller.inLine -= call.share
      callers.spend(caller, now, call.share)
    },
    release(use) {
      let next: Micros | undefined
      for (const caller of holding) {
        while (caller.held.length > 0 && fits(caller, caller.held[0]!.share, use)) {
          const call = caller.held.shift()!
          caller.heldShare -= call.share
          enter(call, caller)
        }
        if (caller.held.length === 0) holding.delete(caller)
        else {
          const { share } = caller.held[0]!
          const at = callers.freeAt(caller, use.now, share, boundOf(caller, share, use))
          next = Math.min(next ?? at, at)
        }
      }
      return next
    },
    queued: () => lines.map(({ sums }) => [...sums]),
    ahead({ lane, caller: name, costs }, others) {
      const ahead = dimensions.map(() => 0)
      const caller = name === undefined ? undefined : callers.get(name)
      const rank = Math.max(lines[lane]!.virtual, caller?.nextRank ?? 0)
      lines.forEach((line, each) => {
        if (each > lane) return
        const part = each === lane && name !== undefined ? partBefore(line.heap.items(), rank) : 1
        for (let i = 0; i < ahead.length; i++) ahead[i]! += Math.ceil(line.sums[i]! * part)
      })
      const own = ahead.map((units, i) => units + costs[i]!)
      for (const other of others) {
        if (other.lane > lane || (other.lane === lane && other.rank > rank)) continue
        for (let i = 0; i < ahead.length; i++) ahead[i]! += Math.min(own[i]!, other.units[i]!)
      }
      return ahead
    },
    heldFor(name, share, use) {
      const caller = name === undefined ? undefined : callers.get(name)
      if (caller === undefined || (caller.held.length === 0 && fits(caller, share, use))) return 0
      const bound = boundOf(caller, share, use)
      const first = callers.freeAt(caller, use.now, share, bound) - use.now
      return Math.ceil(first + (caller.heldShare * horizon) / Math.max(bound, 1))
    },
    virtual(virtual) {
      lines.forEach((line, i) => {
        line.virtual = virtual[i] ?? 0
      })
    },
    all: () => [
      ...lines.flatMap(({ heap }) => heap.items().filter(({ state }) => state === 'waiting')),
      ...[...holding].flatMap(({ held }) => held),
    ],
  }
}

/** The part of the calls that goes before a new one with this rank, from a sample. */
function partBefore(calls: readonly WaitingCall[], rank: number): number {
  const stride = Math.max(1, Math.floor(calls.length / sample))
  let looked = 0
  let before = 0
  for (let i = 0; i < calls.length; i += stride) {
    looked += 1
    if (calls[i]!.rank <= rank) before += 1
  }
  return looked === 0 ? 1 : before / looked
}

/** The largest share of a window that a call uses, in millionths, at least 1. */
export function shareOfWindow(costs: readonly number[], dimensions: readonly Dimension[]): number {
  let share = 1
  for (let i = 0; i < costs.length; i++) share = Math.max(share, Math.ceil((costs[i]! * wholeShare) / dimensions[i]!.capacity))
  return share
}
