/** The waiting calls of one lane, in the order of fair queueing. */
import { heap } from '../heap.ts'
import { goesBefore, type WaitingCall } from './waiting-call.ts'

export interface Lane {
  /** Units of its calls, by dimension. */
  readonly units: readonly number[]
  /** How many calls it has. */
  readonly size: number
  /** Start tag of the call that was granted last, in any process. */
  virtual: number
  first(): WaitingCall | undefined
  push(call: WaitingCall): void
  /** Takes the first call that still waits. */
  take(): WaitingCall | undefined
  /** A call in the lane waits no more. */
  remove(call: WaitingCall): void
  /** The part of the calls that go before a new one with this rank, from a sample. */
  partBefore(rank: number): number
  /** The part of the calls that go before this one, from a sample. Of up to 511 calls it is exact. */
  partAhead(call: WaitingCall): number
  calls(): WaitingCall[]
}

/** Calls that are looked at to tell how many go before a new one. */
const sample = 256
/** Calls that are gone are taken out when they are half of all, from this number on. */
const fewestGone = 64

export function createLane(dimensions: number): Lane {
  const queue = heap(goesBefore)
  const units = new Array<number>(dimensions).fill(0)
  let gone = 0

  function subtract({ costs }: WaitingCall): void {
    for (let i = 0; i < costs.length; i++) units[i]! -= costs[i]!
  }

  return {
    units,
    get size() {
      return queue.size - gone
    },
    virtual: 0,
    first: queue.first,
    push(call) {
      queue.push(call)
      for (let i = 0; i < call.costs.length; i++) units[i]! += call.costs[i]!
    },
    take() {
      for (;;) {
        const call = queue.pop()
        if (call === undefined) return undefined
        if (call.state === 'waiting') {
          subtract(call)
          return call
        }
        gone -= 1
      }
    },
    remove(call) {
      subtract(call)
      gone += 1
      if (gone < fewestGone || gone * 2 < queue.size) return
      queue.keep(({ state }) => state === 'waiting')
      gone = 0
    },
    partBefore: (rank) => part(queue.items(), ({ rank: other }) => other <= rank) ?? 1,
    partAhead: (call) => part(queue.items(), (other) => goesBefore(other, call)) ?? 0,
    calls: () => queue.items().filter(({ state }) => state === 'waiting'),
  }
}

/** The part of the waiting calls that pass a test, from a sample; `undefined` if no call waits. */
function part(calls: readonly WaitingCall[], passes: (call: WaitingCall) => boolean): number | undefined {
  const stride = Math.max(1, Math.floor(calls.length / sample))
  let looked = 0
  let passed = 0
  for (let i = 0; i < calls.length; i += stride) {
    const call = calls[i]!
    if (call.state !== 'waiting') continue
    looked += 1
    if (passes(call)) passed += 1
  }
  return looked === 0 ? undefined : passed / looked
}
