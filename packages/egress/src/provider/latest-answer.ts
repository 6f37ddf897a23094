/** What a process knows of its mirror between two answers: the clock, the windows, and the calls that wait in other processes. */
import type { Clock, Micros } from '@sluice/core'
import type { Dimension } from '../mirror/dimension.ts'
import type { MirrorView, Pace, Taken } from '../mirror/mirror.ts'
import { emptyView } from '../mirror/room.ts'
import { usedAt } from '../mirror/window-log.ts'
import type { CallQueue } from '../queue/call-queue.ts'
import { wholeShare } from '../queue/callers.ts'
import type { Use } from '../queue/held-calls.ts'
import { predictWait } from '../queue/predict.ts'
import type { WaitingCall } from '../queue/waiting-call.ts'
import type { HoldTime } from './hold-time.ts'
import type { UsedPart } from './used-part.ts'

/** What the wait of a call depends on. */
export type ArrivingCall = Pick<WaitingCall, 'lane' | 'caller' | 'share' | 'costs'>

/** Predicted wait of a call. */
export interface Prediction {
  readonly waitUs: Micros
  /** What causes most of the wait: the windows of the provider, its slots, or the bound of the caller. */
  readonly cause: 'windows' | 'slots' | 'caller'
}

/** What is known of the calls of this process at the moment. */
export interface CallsInFlight {
  readonly slots: number
  /** Calls in flight of this process. */
  readonly inFlight: number
  readonly times: HoldTime
  readonly parts: UsedPart
}

/** What a wait depends on beside the calls ahead. */
interface Waiting {
  readonly others: MirrorView['others']
  readonly heldUs: Micros
  readonly pace: Pace
  readonly inFlight: CallsInFlight
}

export interface LatestAnswer {
  /** The clock of the mirror, as far as this process knows it. */
  nowUs(): Micros
  /** Whether other processes may have returned units, or filled their queues, since the answer. */
  readonly isStale: boolean
  /** Whether calls wait for the response of one that goes alone. */
  readonly isProbing: boolean
  /** What is used of the windows by now. */
  use(): Use
  /** The wait of a call that arrives at this queue now. */
  predict(call: ArrivingCall, queue: CallQueue, pace: Pace, calls: CallsInFlight): Prediction
  /** The place and the wait of a call that waits in this queue. */
  placeOf(call: WaitingCall, queue: CallQueue, pace: Pace, calls: CallsInFlight): { readonly position: number; readonly waitUs: Micros }
  replace(taken: Taken): void
}

/** Calls that wait in other processes count in a prediction only if the answer is at most this old. */
const othersMs = 10_000
/** An answer is fresh for one slot of the shortest window, and at most this long. */
const longestFreshMs = 1000
/** Places go from process to process by messages, which takes longer than the windows alone. */
const handOver = 1.1

export function createLatestAnswer(clock: Clock, dimensions: readonly Dimension[]): LatestAnswer {
  let latest: { readonly now: Micros; readonly heardMs: number } | undefined
  let view = emptyView(dimensions)
  const freshMs = Math.min(longestFreshMs, ...dimensions.map(({ slotUs }) => slotUs / 1000))

  function nowUs(): Micros {
    const nowMs = clock.nowMs()
    return latest === undefined ? Math.floor(nowMs * 1000) : latest.now + Math.floor((nowMs - latest.heardMs) * 1000)
  }

  function use(): Use {
    const now = nowUs()
    let used = 0
    for (const [i, one] of dimensions.entries()) {
      used = Math.max(used, (usedAt(view.logs[i]!, now, one) * wholeShare) / one.capacity)
    }
    return { now, used }
  }

  /** The wait for a slot, whatever the windows hold. */
  function slotWaitUs({ slots, inFlight, times }: CallsInFlight, before: number): Micros {
    if (slots === Number.POSITIVE_INFINITY) return 0
    return Math.ceil(times.waitMs(before, Math.min(view.freeSlots, slots - inFlight), slots, clock.nowMs()) * 1000)
  }

  function othersNow(): MirrorView['others'] {
    return latest !== undefined && clock.nowMs() - latest.heardMs < othersMs ? view.others : []
  }

  /** @param ahead - units by dimension, and last the number of calls */
  function waitBehind(ahead: number[], costs: readonly number[], { others, heldUs, pace, inFlight }: Waiting): Prediction {
    for (let i = 0; i < dimensions.length; i++) ahead[i] = inFlight.parts.of(ahead[i]!, i)
    const exactUs = predictWait(view, nowUs(), ahead, costs, dimensions, pace)
    const windowsUs = others.length === 0 ? exactUs : Math.ceil(exactUs * handOver)
    const slotsUs = slotWaitUs(inFlight, ahead[costs.length]!)
    const waitUs = Math.max(windowsUs, slotsUs, heldUs)
    return { waitUs, cause: waitUs === windowsUs ? 'windows' : waitUs === slotsUs ? 'slots' : 'caller' }
  }

  return {
    nowUs,
    get isStale() {
      return latest !== undefined && clock.nowMs() - latest.heardMs >= freshMs
    },
    get isProbing() {
      return view.probeEndUs > nowUs()
    },
    use,
    predict(call, queue, pace, inFlight) {
      const heldUs = queue.heldFor(call.caller, call.share, use)
      const others = othersNow()
      return waitBehind(queue.ahead(call, others), call.costs, { others, heldUs, pace, inFlight })
    },
    placeOf(call, queue, pace, inFlight) {
      const heldUs = queue.stillHeldFor(call, use)
      const others = othersNow()
      const ahead = queue.aheadOf(call, others)
      const { waitUs } = waitBehind(ahead, call.costs, { others, heldUs, pace, inFlight })
      return { position: ahead[call.costs.length]! + 1, waitUs }
    },
    replace(taken) {
      latest = { now: taken.now, heardMs: clock.nowMs() }
      view = taken.view
    },
  }
}
