/** The conversation of a process with its mirror: one question at a time, one timer, and calls are let go as the answers allow. */
import type { Micros } from '@sluice/core'
import { isPromise, warnOnce } from '@sluice/core/internal'
import { type Alarm, alarmsOf } from '../alarm.ts'
import type { Ask, Known, Pace, Settlement, Sighting, Taken } from '../mirror/mirror.ts'
import { emptyView } from '../mirror/room.ts'
import { usedAt } from '../mirror/window-log.ts'
import { type CallQueue, createCallQueue, type Use } from '../queue/call-queue.ts'
import { wholeShare } from '../queue/callers.ts'
import { predictWait } from '../queue/predict.ts'
import type { WaitingCall } from '../queue/waiting-call.ts'
import type { ProviderPlan } from './options.ts'
import { createOutbox, type PendingMove } from './outbox.ts'

export interface Pump {
  readonly queue: CallQueue
  readonly inFlight: number
  /** Why the mirror did not answer the latest question; `undefined` if it did. */
  readonly fault: unknown
  /** The clock of the mirror, as far as this process knows it. */
  nowUs(): Micros
  add(call: WaitingCall): void
  remove(call: WaitingCall): void
  /** Predicted wait of a call that arrives now, and how much of it is due to the bound of its caller alone. */
  predict(call: Pick<WaitingCall, 'lane' | 'caller' | 'share' | 'costs'>): { readonly waitUs: Micros; readonly heldUs: Micros }
  /** A call has ended: its slot is free, and its units come back. */
  end(settlement: Settlement | undefined): void
  see(sightings: readonly Sighting[], blockUs: Micros): void
  close(): void
}

/** What was asked, to be matched with the answer. */
interface Question {
  readonly ask: Ask
  readonly heads: WaitingCall[]
  readonly moves: readonly PendingMove[]
  readonly sentMs: number
}

/** Heads of a lane in one question. If all are booked, the next question asks for twice as many. */
const fewestHeads = 4
const mostHeads = 16
/** Part of the transit that may pass in this process; the rest is for the network. */
const ownShare = 0.5
/** A call that is late so often is sent all the same, with a warning that `transit` is too short. */
const mostMoves = 3
/** What other processes had waiting longer ago than this says nothing. */
const othersMs = 1000
/** Places go from process to process by messages, which takes longer than the windows alone. */
const handOver = 1.1
/** After a mirror that did not answer, the next question waits so long. */
const patienceMs = 100

/** @param pace - how calls are spread at the moment */
export function createPump(plan: ProviderPlan, pace: () => Pace): Pump {
  const { mirror, clock, dimensions } = plan
  const alarms = alarmsOf(clock)
  const queue = createCallQueue(dimensions, plan.lanes.length, plan.callers)
  // Random, so that two processes with the same number on two machines are two.
  const process = Math.random().toString(36).slice(2, 12)
  const outbox = createOutbox()
  let inFlight = 0
  let headsOfLane = fewestHeads
  let warned = false
  let asking = false
  let again = false
  let inLine = false
  /** The calls that stand for this process in the line of the mirror. */
  let lineHeads: readonly WaitingCall[] = []
  let latest: { readonly now: Micros; readonly sentMs: number; readonly heardMs: number } | undefined
  let view = emptyView(dimensions)
  let fault: unknown
  let wake: Alarm | undefined
  const stopHints = mirror.onHint(process, (inUs) => sleep(inUs))

  function nowUs(): Micros {
    const nowMs = clock.nowMs()
    return latest === undefined ? Math.floor(nowMs * 1000) : latest.now + Math.floor((nowMs - latest.heardMs) * 1000)
  }

  function known(): Known | undefined {
    if (latest === undefined) return undefined
    const nowMs = clock.nowMs()
    return { now: latest.now, leastUs: Math.floor((nowMs - latest.heardMs) * 1000), mostUs: Math.ceil((nowMs - latest.sentMs) * 1000) }
  }

  function use(): Use {
    const now = nowUs()
    let used = 0
    for (let i = 0; i < plan.names.length; i++) {
      used = Math.max(used, (usedAt(view.logs[i]!, now, dimensions[i]!) * wholeShare) / dimensions[i]!.capacity)
    }
    return { now, used }
  }

  function nextQuestion(): Question | undefined {
    const heads = queue.takeHeads(headsOfLane, plan.concurrency - inFlight)
    if (heads.length === 0 && outbox.isEmpty && !(inLine && queue.depth === 0)) return undefined
    const { moves, ...rest } = outbox.take()
    const ask: Ask = {
      process,
      heads: heads.map(({ lane, rank, since, costs }) => ({ lane, rank, since, costs })),
      queued: queue.queued(),
      moves: moves.map(({ move }) => move),
      ...rest,
      pace: pace(),
      known: known(),
    }
    return { ask, heads, moves, sentMs: clock.nowMs() }
  }

  /** Asks until nothing more can be had at the moment. */
  function pump(): void {
    if (asking) {
      again = true
      return
    }
    for (;;) {
      again = false
      const letInUs = queue.holds ? queue.release(use()) : undefined
      const question = nextQuestion()
      if (question === undefined) {
        if (letInUs !== undefined) sleep(letInUs - nowUs())
        return
      }
      asking = true
      const answer = mirror.take(question.ask)
      if (isPromise(answer)) {
        answer.then(
          (taken) => answered(question, taken) && pump(),
          (error: unknown) => unanswered(question, error),
        )
        return
      }
      if (!answered(question, answer)) return
    }
  }

  /** @returns whether to ask again at once */
  function answered({ heads, moves: moved, sentMs }: Question, taken: Taken): boolean {
    const heardMs = clock.nowMs()
    fault = undefined
    latest = { now: taken.now, sentMs, heardMs }
    view = taken.view
    queue.virtual(taken.virtual)
    moved.forEach(({ call, attempts }, i) => {
      if (taken.moved[i]) dispatch(call, taken.now, sentMs, attempts + 1)
      else requeue(call)
    })
    const rest: WaitingCall[] = []
    heads.forEach((call, i) => {
      if (!taken.booked[i]) rest.push(call)
      else if (call.state === 'gone') outbox.settle({ at: taken.now, back: call.costs })
      else {
        queue.granted(call, taken.now)
        inFlight += 1
        dispatch(call, taken.now, sentMs, 0)
      }
    })
    queue.giveBack(rest)
    headsOfLane = rest.length === 0 && heads.length > 0 ? Math.min(mostHeads, 2 * headsOfLane) : fewestHeads
    asking = false
    inLine = rest.length > 0
    lineHeads = rest.filter((call, i) => call.lane !== rest[i - 1]?.lane)
    if (rest.length > 0) sleep(taken.waitUs)
    return again || rest.length === 0 || outbox.isUrgent
  }

  /** The question may have been answered or not: it is not sent again. What was booked for it ages out. */
  function unanswered({ heads, moves: moved }: Question, error: unknown): void {
    for (const { call } of moved) requeue(call)
    queue.giveBack(heads)
    asking = false
    fault = error
    sleep(patienceMs * 1000)
  }

  function requeue(call: WaitingCall): void {
    inFlight -= 1
    queue.addFirst(call)
  }

  /** Rate is the last gate: what was booked is sent now, or booked anew if it is late. */
  function dispatch(call: WaitingCall, at: Micros, sentMs: number, attempts: number): void {
    const lagMs = clock.nowMs() - sentMs
    const isLate = lagMs > plan.transitMs * ownShare
    if (isLate && attempts < mostMoves) {
      outbox.move({ call, move: { at, costs: call.costs }, attempts })
      return
    }
    const facts = { provider: plan.provider, measuredMs: Math.ceil(lagMs), transitMs: plan.transitMs }
    if (isLate && !warned) warnOnce('SLUICE_EGRESS_TRANSIT', facts)
    warned ||= isLate
    call.grant(at, lagMs)
  }

  function sleep(inUs: Micros): void {
    wake?.cancel()
    wake = alarms.at(clock.nowMs() + Math.max(0, inUs) / 1000, pump, queue.depth > 0)
  }

  return {
    queue,
    get inFlight() {
      return inFlight
    },
    get fault() {
      return fault
    },
    nowUs,
    add(call) {
      const isFirst = queue.add(call, use())
      if (isFirst || !inLine) pump()
    },
    remove(call) {
      queue.remove(call)
      // Whoever is first in the line stops the others: a call that is gone must not stand there.
      if (inLine && (queue.depth === 0 || lineHeads.includes(call))) pump()
    },
    predict(call) {
      const heldUs = queue.heldFor(call.caller, call.share, use())
      const others = latest !== undefined && clock.nowMs() - latest.heardMs < othersMs ? view.others : []
      const exactUs = predictWait(view, nowUs(), queue.ahead(call, others), call.costs, dimensions, pace())
      const waitUs = others.length === 0 ? exactUs : Math.ceil(exactUs * handOver)
      return { waitUs: Math.max(heldUs, waitUs), heldUs: heldUs > waitUs ? heldUs : 0 }
    },
    end(settlement) {
      inFlight -= 1
      if (settlement !== undefined) outbox.settle(settlement)
      if (settlement !== undefined || queue.depth > 0) pump()
    },
    see(sightings, block) {
      outbox.see(sightings, block)
      if (block > 0) pump()
    },
    close() {
      stopHints()
      wake?.cancel()
    },
  }
}
