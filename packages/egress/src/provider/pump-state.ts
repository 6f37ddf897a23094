/** What a process knows of its mirror between two questions. */
import { type Alarm, type Alarms, alarmsOf } from '../alarm.ts'
import type { Ask, Pace } from '../mirror/mirror.ts'
import { type CallQueue, createCallQueue } from '../queue/call-queue.ts'
import type { WaitingCall } from '../queue/waiting-call.ts'
import { type HoldTime, holdTime } from './hold-time.ts'
import { createLatestAnswer, type LatestAnswer } from './latest-answer.ts'
import type { ProviderPlan } from './options.ts'
import { createOutbox, type Outbox, type PendingMove } from './outbox.ts'
import { type TransitWatch, transitWatch } from './transit-watch.ts'
import { type UsedPart, usedPart } from './used-part.ts'

/** What a process knows of its mirror, and what it is asking. */
export interface PumpState {
  readonly plan: ProviderPlan
  readonly pace: () => Pace
  readonly alarms: Alarms
  readonly queue: CallQueue
  readonly outbox: Outbox
  readonly latest: LatestAnswer
  /** Name of the process in the line of the mirror. Random, so that two processes with the same number on two machines are two. */
  readonly process: string
  readonly holdTime: HoldTime
  readonly usedPart: UsedPart
  inFlight: number
  /** Calls in flight as the mirror knows them, and when it must hear of them again, where it counts slots. */
  heldThere: number
  renewMs: number
  headsOfLane: number
  /** Number of the latest settlements. */
  settling: number
  asking: boolean
  /** Whether something came up while a question was in flight. */
  again: boolean
  /** The first call of each lane that stands for this process in the line of the mirror. Empty if the process is not in the line. */
  lineHeads: readonly WaitingCall[]
  fault: unknown
  /** What waits for an answer to any question. */
  refreshed: (() => void)[]
  wake: Alarm | undefined
  /** Set while units that came back wait for a question. */
  lingering: Alarm | undefined
  readonly lingerMs: number
  readonly transit: TransitWatch
  warned: boolean
  /** Why calls are refused since the provider was closed; `undefined` while it is open. */
  closed: Error | undefined
}

/** What was asked, to be matched with the answer. */
export interface Question {
  readonly ask: Ask
  readonly heads: WaitingCall[]
  readonly moves: readonly PendingMove[]
  readonly sentMs: number
  /** For the watch of the transit. */
  readonly mark: number
}

/** Heads of a lane in one question. If all are booked, the next question asks for twice as many. */
export const fewestHeads = 4
export const mostHeads = 16

/**
 * Units that come back to a shared mirror wait for a question for half a slot of its log, and at most for so long. With a window of a minute
 * that is 0.5 s, in which 0.8 % of the quota passes.
 */
const longestLingerMs = 500

export function initialState(plan: ProviderPlan, pace: () => Pace): PumpState {
  const { clock, dimensions, lanes, callers } = plan
  return {
    plan,
    pace,
    alarms: alarmsOf(clock),
    queue: createCallQueue(dimensions, lanes.length, callers),
    outbox: createOutbox(),
    latest: createLatestAnswer(clock, dimensions),
    process: Math.random().toString(36).slice(2, 12),
    holdTime: holdTime(),
    usedPart: usedPart(dimensions.length),
    inFlight: 0,
    heldThere: 0,
    renewMs: Number.POSITIVE_INFINITY,
    headsOfLane: fewestHeads,
    settling: 0,
    asking: false,
    again: false,
    lineHeads: [],
    fault: undefined,
    refreshed: [],
    wake: undefined,
    lingering: undefined,
    lingerMs: Math.min(longestLingerMs, ...dimensions.map(({ slotUs }) => slotUs / 2000)),
    transit: transitWatch(plan.provider, plan.transitMs),
    warned: false,
    closed: undefined,
  }
}

/** Whether the process stands in the line of the mirror. */
export function isInLine({ lineHeads }: PumpState): boolean {
  return lineHeads.length > 0
}

/** Whether the mirror counts slots and does not know how many calls are in flight here. */
export function mustTellSlots({ plan, inFlight, heldThere, renewMs }: PumpState): boolean {
  return plan.sharesSlots && (inFlight !== heldThere || (inFlight > 0 && plan.clock.nowMs() >= renewMs))
}

/** Ends the waits for an answer. */
export function endRefresh(state: PumpState): void {
  for (const resolve of state.refreshed) resolve()
  state.refreshed = []
}
