/** The conversation of a process with its mirror: one question at a time, one timer, and calls are let go as the answers allow. */
import type { Micros } from '@sluice/core'
import { isPromise } from '@sluice/core/internal'
import type { Ask, Pace, Settlement, Sighting, Taken } from '../mirror/mirror.ts'
import { usualLeaseUs } from '../mirror/state.ts'
import type { CallQueue } from '../queue/call-queue.ts'
import type { WaitingCall } from '../queue/waiting-call.ts'
import { dispatch, requeue } from './dispatch.ts'
import type { HoldTime } from './hold-time.ts'
import type { ArrivingCall, CallsInFlight, Prediction } from './latest-answer.ts'
import type { ProviderPlan } from './options.ts'
import { endRefresh, fewestHeads, initialState, isInLine, mostHeads, mustTellSlots, type PumpState, type Question } from './pump-state.ts'
import type { UsedPart } from './used-part.ts'

export interface Pump {
  readonly queue: CallQueue
  readonly inFlight: number
  /** Why the mirror did not answer the latest question; `undefined` if it did. */
  readonly fault: unknown
  /** The clock of the mirror, as far as this process knows it. */
  nowUs(): Micros
  /** Whether the latest answer of the mirror is old. A mirror in memory has no old answers. */
  readonly isStale: boolean
  /** Asks the mirror. Resolves when it has answered, or has failed to. */
  refresh(): Promise<void>
  add(call: WaitingCall): void
  remove(call: WaitingCall): void
  predict(call: ArrivingCall): Prediction
  /** Where the first call of a caller stands; `undefined` if none of its calls waits here. */
  placeOf(caller: string): { readonly position: number; readonly waiting: number; readonly waitUs: Micros } | undefined
  /** How long calls hold their slots. */
  readonly holdTime: HoldTime
  /** How much of their estimates calls use. */
  readonly usedPart: UsedPart
  /** A call has ended: its slot is free, and its units come back. */
  end(settlement: Settlement | undefined): void
  see(sightings: readonly Sighting[], blockUs: Micros): void
  /** Refuses what waits. @param reason - the error of each call */
  close(reason: Error): void
}

/** A process says again how many slots it holds after this time. A lease is three times as long. */
const renewAfterMs = usualLeaseUs / 3000
/** What the mirror knows of the slots after an answer was lost. */
const unknown = -1
/** After a mirror that did not answer, the next question waits so long. */
const patienceMs = 100

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
    get isStale() {
      return plan.isShared && latest.isStale
    },
    refresh: () =>
      new Promise((resolve) => {
        state.refreshed.push(resolve)
        pump(state)
      }),
    add(call) {
      const isFirst = queue.add(call, latest.use)
      if (isFirst || !isInLine(state)) pump(state)
    },
    remove(call) {
      queue.remove(call)
      // The first call in the line stops the others: a call that is gone must not stand there.
      if (isInLine(state) && (queue.depth === 0 || state.lineHeads.includes(call))) pump(state)
    },
    holdTime: state.holdTime,
    usedPart: state.usedPart,
    predict: (call) => latest.predict(call, queue, pace(), callsOf(state)),
    placeOf(caller) {
      const first = queue.firstOf(caller)
      return first && { waiting: first.waiting, ...latest.placeOf(first.call, queue, pace(), callsOf(state)) }
    },
    end(settlement) {
      state.inFlight -= 1
      if (settlement !== undefined) settle(state, settlement)
      // A process that stands in the line knows when to ask. One that does not has calls that wait for a slot.
      if ((queue.depth > 0 && !isInLine(state)) || plan.sharesSlots) pump(state)
    },
    see(sightings, block) {
      outbox.see(sightings, block)
      if (block > 0 || latest.isProbing) pump(state)
    },
    close(reason) {
      state.closed = reason
      stopHints()
      state.alarms.cancel(state.wake)
      refuseAll(state, reason)
      if (state.lingering !== undefined) pump(state)
    },
  }
}

function callsOf({ plan, inFlight, holdTime: times, usedPart: parts }: PumpState): CallsInFlight {
  return { slots: plan.concurrency, inFlight, times, parts }
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
      rest(state, letInUs)
      return
    }
    state.asking = true
    const answer = askMirror(state, question.ask)
    if (isPromise(answer)) {
      answer.then(
        (taken) => {
          state.transit.answered(question.mark)
          if (answered(state, question, taken)) pump(state)
        },
        (error: unknown) => unanswered(state, question, error),
      )
      return
    }
    if (!answered(state, question, answer)) return
  }
}

/** A mirror that is away may say so at once. */
function askMirror({ plan }: PumpState, ask: Ask): Taken | Promise<Taken> {
  try {
    return plan.mirror.take(ask)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** Nothing is to be asked before a caller may enter the line, or the slots have to be renewed. */
function rest(state: PumpState, letInUs: Micros | undefined): void {
  const { plan, latest, inFlight, renewMs } = state
  const renewInUs = plan.sharesSlots && inFlight > 0 ? (renewMs - plan.clock.nowMs()) * 1000 : Number.POSITIVE_INFINITY
  const inUs = Math.min(letInUs === undefined ? Number.POSITIVE_INFINITY : letInUs - latest.nowUs(), renewInUs)
  if (inUs < Number.POSITIVE_INFINITY) sleep(state, inUs)
}

function nextQuestion(state: PumpState): Question | undefined {
  const { plan, queue, outbox, process } = state
  const heads = queue.takeHeads(state.headsOfLane, plan.concurrency - state.inFlight)
  const mustAsk = state.refreshed.length > 0 || !outbox.isEmpty || plan.mirror.owes === true || mustTellSlots(state)
  if (heads.length === 0 && !mustAsk && !(isInLine(state) && queue.depth === 0)) return undefined
  const { moves, ...rest } = outbox.take()
  state.alarms.cancel(state.lingering)
  state.lingering = undefined
  const ask: Ask = {
    process,
    heads: heads.map(({ lane, rank, since, costs }) => ({ lane, rank, since, costs })),
    queued: queue.queued(),
    held: state.inFlight,
    // In memory no answer is lost, and no clock steps: a shared mirror has these from `outageMirror`.
    settling: rest.settles.length > 0 ? ++state.settling : 0,
    charges: [],
    moves: moves.map(({ move }) => move),
    ...rest,
    pace: state.pace(),
    known: undefined,
  }
  return { ask, heads, moves, sentMs: plan.clock.nowMs(), mark: plan.isShared ? state.transit.sent() : 0 }
}

/** @returns whether to ask again at once */
function answered(state: PumpState, { ask, heads, moves, sentMs }: Question, taken: Taken): boolean {
  const { queue, outbox } = state
  endRefresh(state)
  state.fault = undefined
  state.latest.replace(taken)
  queue.virtual(taken.virtual)
  moves.forEach(({ call, attempts }, i) => {
    if (taken.moved[i]) dispatch(state, call, { at: taken.now, sentMs, attempts: attempts + 1 })
    else requeue(state, call)
  })
  state.heldThere = ask.held
  state.renewMs = sentMs + renewAfterMs
  const waiting: WaitingCall[] = []
  heads.forEach((call, i) => {
    if (taken.booked[i]) state.heldThere += 1
    if (!taken.booked[i]) waiting.push(call)
    else if (call.state === 'gone') settle(state, { at: taken.now, back: call.costs })
    else {
      queue.granted(call, taken.now)
      state.inFlight += 1
      dispatch(state, call, { at: taken.now, sentMs, attempts: 0 })
    }
  })
  queue.giveBack(waiting)
  state.headsOfLane = waiting.length === 0 && heads.length > 0 ? Math.min(mostHeads, 2 * state.headsOfLane) : fewestHeads
  state.asking = false
  state.lineHeads = waiting.filter((call, i) => call.lane !== waiting[i - 1]?.lane)
  if (waiting.length > 0) sleep(state, taken.waitUs)
  return state.again || waiting.length === 0 || outbox.hasMoves
}

/** The question may have been answered or not: it is not sent again. What was booked for it ages out. */
function unanswered(state: PumpState, { heads, moves }: Question, error: unknown): void {
  for (const { call } of moves) requeue(state, call)
  state.queue.giveBack(heads)
  state.asking = false
  endRefresh(state)
  state.heldThere = unknown
  state.fault = error
  sleep(state, patienceMs * 1000)
}

/**
 * Units come back: to a mirror in memory at once. To a shared one they go with the next question, or after a while without one. Otherwise
 * each call whose tokens are not known would cost two questions.
 */
function settle(state: PumpState, settlement: Settlement): void {
  const { outbox, plan, alarms, lingerMs } = state
  outbox.settle(settlement)
  if (!plan.isShared) pump(state)
  else if (state.lingering === undefined) state.lingering = alarms.at(plan.clock.nowMs() + lingerMs, () => pump(state), false)
}

/** Also what was asked for when the provider was closed is refused, once the answer has come. */
function refuseAll({ queue }: PumpState, reason: Error): void {
  for (const call of queue.all()) call.refuse(reason)
}

function sleep(state: PumpState, inUs: Micros): void {
  const { alarms, plan, queue, closed } = state
  if (closed !== undefined) {
    refuseAll(state, closed)
    return
  }
  alarms.cancel(state.wake)
  state.wake = alarms.at(plan.clock.nowMs() + Math.max(0, inUs) / 1000, () => pump(state), queue.depth > 0)
}
