/** What a process knows of its mirror between two answers: the clock, the windows, and the calls that wait in other processes. */
import type { Clock, Micros } from '@sluice/core'
import type { Dimension } from '../mirror/dimension.ts'
import type { Known, Pace, Taken } from '../mirror/mirror.ts'
import { emptyView } from '../mirror/room.ts'
import { usedAt } from '../mirror/window-log.ts'
import type { CallQueue } from '../queue/call-queue.ts'
import { wholeShare } from '../queue/callers.ts'
import type { Use } from '../queue/held-calls.ts'
import { predictWait } from '../queue/predict.ts'
import type { WaitingCall } from '../queue/waiting-call.ts'

/** What the wait of a call depends on. */
export type ArrivingCall = Pick<WaitingCall, 'lane' | 'caller' | 'share' | 'costs'>

/** Predicted wait of a call. `heldUs` equals it if the bound of the caller alone causes the wait, and is 0 otherwise. */
export interface Prediction {
  readonly waitUs: Micros
  readonly heldUs: Micros
}

export interface LatestAnswer {
  /** The clock of the mirror, as far as this process knows it. */
  nowUs(): Micros
  /** How old the answer is. `undefined` before the first one. */
  known(): Known | undefined
  /** What is used of the windows by now. */
  use(): Use
  /** The wait of a call that arrives at this queue now. */
  predict(call: ArrivingCall, queue: CallQueue, pace: Pace): Prediction
  replace(taken: Taken, sentMs: number): void
}

/** Calls that wait in other processes count in a prediction only if the answer is at most this old. */
const othersMs = 1000
/** Places go from process to process by messages, which takes longer than the windows alone. */
const handOver = 1.1

export function createLatestAnswer(clock: Clock, dimensions: readonly Dimension[]): LatestAnswer {
  let latest: { readonly now: Micros; readonly sentMs: number; readonly heardMs: number } | undefined
  let view = emptyView(dimensions)

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

  return {
    nowUs,
    known() {
      if (latest === undefined) return undefined
      const nowMs = clock.nowMs()
      return { now: latest.now, leastUs: Math.floor((nowMs - latest.heardMs) * 1000), mostUs: Math.ceil((nowMs - latest.sentMs) * 1000) }
    },
    use,
    predict(call, queue, pace) {
      const heldUs = queue.heldFor(call.caller, call.share, use)
      const others = latest !== undefined && clock.nowMs() - latest.heardMs < othersMs ? view.others : []
      const exactUs = predictWait(view, nowUs(), queue.ahead(call, others), call.costs, dimensions, pace)
      const waitUs = others.length === 0 ? exactUs : Math.ceil(exactUs * handOver)
      return { waitUs: Math.max(heldUs, waitUs), heldUs: heldUs > waitUs ? heldUs : 0 }
    },
    replace(taken, sentMs) {
      latest = { now: taken.now, sentMs, heardMs: clock.nowMs() }
      view = taken.view
    },
  }
}
