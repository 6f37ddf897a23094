/** The conversation of a process with its mirror: one question at a time, one timer, and calls are let go as the answers allow. */

import type { Micros } from '@sluice/core'
import { isPromise, warnOnce } from '@sluice/core/internal'
import { type Alarm, type Alarms, alarmsOf } from '../alarm.ts'
import { SLUICE_EGRESS_TRANSIT } from '../errors.ts'
import type { Ask, Pace, Settlement, Sighting, Taken } from '../mirror/mirror.ts'
import { type CallQueue, createCallQueue } from '../queue/call-queue.ts'
import type { WaitingCall } from '../queue/waiting-call.ts'
import { type ArrivingCall, createLatestAnswer, type LatestAnswer, type Prediction } from './latest-answer.ts'
import type { ProviderPlan } from './options.ts'
import { createOutbox, type Outbox, type PendingMove } from './outbox.ts'

export interface Pump {
  readonly queue: CallQueue
  readonly inFlight: number
  /** Why the mirror did not answer the latest question; `undefined` if it did. */
  readonly fault: unknown
  /** The clock of the mirror, as far as this process knows it. */
  nowUs(): Micros
  add(call: WaitingCall): void
  remove(call: WaitingCall): void
  predict(call: ArrivingCall): Prediction
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
/** After a mirror that did not answer, the next question waits so long. */
const patienceMs = 100

/** What a process knows of its mirror, and what it is asking. */
interface PumpState {
  readonly plan: ProviderPlan
  readonly pace: () => Pace
  readonly alarms: Alarms
  readonly queue: CallQueue
  readonly outbox: Outbox
  readonly latest: LatestAnswer
  /** Name of the process in the line of the mirror. Random, so that two processes with the same number on two machines are two. */
  readonly process: string
  inFlight: number
  headsOfLane: number
  asking: boolean
  /** Whether something came up while a question was in flight. */
  again: boolean
  /** The first call of each lane that stands for this process in the line of the mirror. Empty if the process is not in the line. */
  lineHeads: readonly WaitingCall[]
  fault: unknown
  wake: Alarm | undefined
  warned: boolean
}

/** @param pace - how calls are spread at the moment */
export function createPump(plan: ProviderPlan, pace: () => Pace): Pump {
  const state = initialState(plan, pace)
  const { queue, outbox, latest } = state
  const stopHints = plan.mirror.onHint(state.process, (inUs) => sleep(state, inUs))
  return {
    queue,
    get inFlight() {
      return state.inFlight
    },
    get fault() {
      return state.fault
    },
    nowUs: latest.nowUs,
    add(call) {
      const isFirst = queue.add(call, latest.use)
      if (isFirst || !isInLine(state)) pump(state)
    },
    remove(call) {
      queue.remove(call)
      // The first call in the line stops the others: a call that is gone must not stand there.
      if (isInLine(state) && (queue.depth === 0 || state.lineHeads.includes(call))) pump(state)
    },
    predict: (call) => latest.predict(call, queue, pace()),
    end(settlement) {
      state.inFlight -= 1
      if (settlement !== undefined) outbox.settle(settlement)
      if (settlement !== undefined || queue.depth > 0) pump(state)
    },
    see(sightings, block) {
      outbox.see(sightings, block)
      if (block > 0) pump(state)
    },
    close() {
      stopHints()
      state.alarms.cancel(state.wake)
    },
  }
}

function initialState(plan: ProviderPlan, pace: () => Pace): PumpState {
  const { clock, dimensions, lanes, callers } = plan
  return {
    plan,
    pace,
    alarms: alarmsOf(clock),
    queue: createCallQueue(dimensions, lanes.length, callers),
    outbox: createOutbox(),
    latest: createLatestAnswer(clock, dimensions),
    process: Math.random().toString(36).slice(2, 12),
    inFlight: 0,
    headsOfLane: fewestHeads,
    asking: false,
    again: false,
    lineHeads: [],
    fault: undefined,
    wake: undefined,
    warned: false,
  }
}

function isInLine({ lineHeads }: PumpState): boolean {
  return lineHeads.length > 0
}

/** Asks until nothing more can be had at the moment. */
function pump(state: PumpState): void {
  if (state.asking) {
    state.again = true
    return
  }
  for (;;) {
    state.again = false
    const letInUs = state.queue.holds ? state.queue.release(state.latest.use()) : undefined
    const question = nextQuestion(state)
    if (question === undefined) {
      if (letInUs !== undefined) sleep(state, letInUs - state.latest.nowUs())
      return
    }
    state.asking = true
    const answer = state.plan.mirror.take(question.ask)
    if (isPromise(answer)) {
      answer.then(
        (taken) => answered(state, question, taken) && pump(state),
        (error: unknown) => unanswered(state, question, error),
      )
      return
    }
    if (!answered(state, question, answer)) return
  }
}

function nextQuestion(state: PumpState): Question | undefined {
  const { plan, queue, outbox, process } = state
  const heads = queue.takeHeads(state.headsOfLane, plan.concurrency - state.inFlight)
  if (heads.length === 0 && outbox.isEmpty && !(isInLine(state) && queue.depth === 0)) return undefined
  const { moves, ...rest } = outbox.take()
  const ask: Ask = {
    process,
    heads: heads.map(({ lane, rank, since, costs }) => ({ lane, rank, since, costs })),
    queued: queue.queued(),
    moves: moves.map(({ move }) => move),
    ...rest,
    pace: state.pace(),
    known: state.latest.known(),
  }
  return { ask, heads, moves, sentMs: plan.clock.nowMs() }
}

/** @returns whether to ask again at once */
function answered(state: PumpState, { heads, moves, sentMs }: Question, taken: Taken): boolean {
  const { queue, outbox } = state
  state.fault = undefined
  state.latest.replace(taken, sentMs)
  queue.virtual(taken.virtual)
  moves.forEach(({ call, attempts }, i) => {
    if (taken.moved[i]) dispatch(state, call, { at: taken.now, sentMs, attempts: attempts + 1 })
    else requeue(state, call)
  })
  const rest: WaitingCall[] = []
  heads.forEach((call, i) => {
    if (!taken.booked[i]) rest.push(call)
    else if (call.state === 'gone') outbox.settle({ at: taken.now, back: call.costs })
    else {
      queue.granted(call, taken.now)
      state.inFlight += 1
      dispatch(state, call, { at: taken.now, sentMs, attempts: 0 })
    }
  })
  queue.giveBack(rest)
  state.headsOfLane = rest.length === 0 && heads.length > 0 ? Math.min(mostHeads, 2 * state.headsOfLane) : fewestHeads
  state.asking = false
  state.lineHeads = rest.filter((call, i) => call.lane !== rest[i - 1]?.lane)
  if (rest.length > 0) sleep(state, taken.waitUs)
  return state.again || rest.length === 0 || outbox.isUrgent
}

/** The question may have been answered or not: it is not sent again. What was booked for it ages out. */
function unanswered(state: PumpState, { heads, moves }: Question, error: unknown): void {
  for (const { call } of moves) requeue(state, call)
  state.queue.giveBack(heads)
  state.asking = false
  state.fault = error
  sleep(state, patienceMs * 1000)
}

function requeue(state: PumpState, call: WaitingCall): void {
  state.inFlight -= 1
  state.queue.addFirst(call)
}

interface Booking {
  readonly at: Micros
  /** When the mirror was asked for it. */
  readonly sentMs: number
  /** How often the call was booked before and came too late. */
  readonly attempts: number
}

/** Rate is the last gate: what was booked is sent now, or booked anew if it is late. */
function dispatch(state: PumpState, call: WaitingCall, { at, sentMs, attempts }: Booking): void {
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

function sleep(state: PumpState, inUs: Micros): void {
  const { alarms, plan, queue } = state
  alarms.cancel(state.wake)
  state.wake = alarms.at(plan.clock.nowMs() + Math.max(0, inUs) / 1000, () => pump(state), queue.depth > 0)
}
