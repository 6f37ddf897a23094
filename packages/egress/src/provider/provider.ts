/** A provider: every call to it waits here for its permit. */

import type { Micros, Reservation, Signal } from '@sluice/core'
import { outageCause, reasonOf, SLUICE_CLOSED, warnOnce } from '@sluice/core/internal'
import { type Alarms, alarmsOf } from '../alarm.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { SLUICE_EGRESS_PERMIT, SLUICE_EGRESS_SETTLE, SLUICE_EGRESS_STORE, SluiceError } from '../errors.ts'
import { shareOfWindow } from '../queue/call-queue.ts'
import { EgressRefusal, type RefusedStatus } from '../refusal.ts'
import { type AcquireOptions, laneOf, waitOf } from './acquire-options.ts'
import { reserveBudget, settleBudget } from './budget.ts'
import { type CallerQueue, callerQueueOf, checkCaller } from './caller-queue.ts'
import { inContext } from './context.ts'
import { actualUnits, type EgressCost, unitsOf } from './costs.ts'
import type { EgressEvent } from './egress-event.ts'
import { createEvents, tellFault, withEvents } from './events.ts'
import { limitWatch } from './limit-watch.ts'
import { type ProviderOptions, planOf } from './options.ts'
import { type Arrival, PendingCall, type PendingCallHost } from './pending-call.ts'
import { type Permit, permitOf } from './permit.ts'
import { createPump } from './pump.ts'
import { type Observing, readHead } from './read-head.ts'
import { isDoubtful, lateRefusal, refuseOnArrival, tellRefusal } from './refusals.ts'
import { createShape } from './shape.ts'

/** A snapshot of a provider, for people. */
export interface ProviderSnapshot {
  readonly waiting: number
  readonly inFlight: number
  /** Predicted wait of a call, in milliseconds; `null` if a limit has no usual cost, and the call names none. */
  readonly waitMs: number | null
}

/** A provider with limits. */
export interface Provider {
  readonly name: string
  /** Capacity by limit name. */
  readonly limits: Readonly<Record<string, number>>
  /** Status that the adapters answer when this provider is full. */
  readonly refusedStatus: RefusedStatus
  readonly dialect: Dialect | undefined
  /**
   * Waits until a call may be sent.
   * @throws EgressRefusal if it would wait too long, and when to come back
   * @throws SluiceError `SLUICE_COST`, `SLUICE_LIMIT_UNKNOWN`, `SLUICE_CHOICE`, `SLUICE_WHOLE_NUMBER`, `SLUICE_CLOSED`
   * @example
   * const permit = await openai.acquire({ cost: { tokens: 1200 }, signal })
   * const response = await fetch(url, init)
   * permit.observe(response.headers, response.status)
   * permit.settle({ tokens: 873 })
   */
  acquire(options?: AcquireOptions): Promise<Permit>
  /** @param call - whose wait is predicted. @default one with the usual costs in the first lane */
  snapshot(call?: Pick<AcquireOptions, 'cost' | 'caller' | 'lane'>): ProviderSnapshot
  /**
   * Where the calls of one caller stand in the queue of this process, and of no other caller. It looks at a bounded number of calls, so a long
   * queue does not make it slow. `null` if none of its calls waits here, or more callers are active than `queue.callers` allows.
   * @throws SluiceError `SLUICE_OPTION_TYPE` unless the caller is a string
   * @example
   * ```ts
   * openai.queueOf('ann') // { position: 3, waiting: 2, waitMs: 2000 }
   * ```
   */
  queueOf(caller: string): CallerQueue | null
  /** Whether another key could send a call that the provider refused for its key. Only a key pool has other keys. */
  hasOtherKey?(key: string, call: AcquireOptions): boolean
  /** @returns a function that stops the listening */
  observe(listener: (event: EgressEvent) => void): () => void
  /** Refuses what waits, and every later call. */
  close(): Promise<void>
}

/** What the functions of one provider share. */
interface ProviderState extends Observing {
  readonly alarms: Alarms
  closed: boolean
  /** Calls since the start. */
  calls: number
}

/**
 * A provider whose limits are mirrored: a call is sent when every window of the provider has room for it.
 * @throws SluiceError for an option that is wrong, by its name
 * @example
 * const openai = createProvider({
 *   name: 'openai',
 *   limits: { requests: { capacity: 500, per: '1m' }, tokens: { capacity: 200_000, per: '1m' } },
 *   concurrency: 20,
 * })
 */
export function createProvider(options: ProviderOptions): Provider {
  const plan = planOf(options)
  const { clock, dimensions, names, provider: name, refusedStatus, dialect } = plan
  const events = createEvents(name)
  const shape = createShape(plan, clock)
  const pump = createPump(plan, shape.pace)
  const state: ProviderState = {
    plan,
    alarms: alarmsOf(clock),
    events,
    shape,
    pump,
    watchLimits: limitWatch(plan, events),
    closed: false,
    calls: 0,
  }
  const host = hostOf(state)
  plan.mirror.onChange?.((change, error) => {
    if (events.watched) events.tell({ type: 'outage', state: change, ...outageCause(error.cause ?? error), error })
    else if (change === 'began') warnOnce(SLUICE_EGRESS_STORE, { provider: name, cause: reasonOf(error.cause ?? error) })
  })
  const own: Provider = {
    name,
    limits: Object.freeze(Object.fromEntries(names.map((limit, i) => [limit, dimensions[i]!.capacity]))),
    refusedStatus,
    dialect,
    acquire: (o = {}) => acquire(state, host, inContext(o)),
    snapshot({ cost, caller, lane: name } = {}) {
      const lane = name === undefined ? 0 : laneOf(name, plan)
      const isPriced = plan.names.every((limit, i) => (cost?.[limit] ?? plan.usual[i]) !== undefined)
      const costs = isPriced ? unitsOf(cost, lane, plan) : undefined
      const waitUs = costs && pump.predict({ lane, caller, share: shareOfWindow(costs, dimensions), costs }).waitUs
      return { waiting: pump.queue.depth, inFlight: pump.inFlight, waitMs: waitUs === undefined ? null : Math.ceil(waitUs / 1000) }
    },
    queueOf: (caller) => callerQueueOf(pump, caller),
    observe: events.observe,
    async close() {
      state.closed = true
      pump.close(new SluiceError(SLUICE_CLOSED, { what: 'provider' }))
      await plan.mirror.close()
    },
  }
  return withEvents(own, events)
}

/** Not async: a call that waits keeps as little as it can (`bench egress`). */
function acquire(state: ProviderState, host: PendingCallHost, options: AcquireOptions): Promise<Permit> {
  try {
    const arrival = arrivalOf(state, options)
    if (isDoubtful(state, arrival)) {
      return state.pump.refresh().then(() => admit(state, host, arrival, options.cost))
    }
    return admit(state, host, arrival, options.cost)
  } catch (error) {
    return Promise.reject(error)
  }
}

function admit(state: ProviderState, host: PendingCallHost, arrival: Arrival, cost: EgressCost | undefined): Promise<Permit> {
  const { caller, again } = arrival
  if (!again) refuseOnArrival(state, arrival)
  if (caller === undefined || state.plan.budget === undefined) return enter(state, host, arrival)
  return acquireFromBudget(state, caller, arrival, cost)
}

/** Checks what a call says of itself. */
function arrivalOf(state: ProviderState, options: AcquireOptions): Arrival {
  const { plan } = state
  const { signal, caller, deadlineMs } = options
  checkOpen(state, signal)
  const lane = options.lane === undefined ? 0 : laneOf(options.lane, plan)
  const costs = unitsOrRefusal(state, options, lane)
  const mostMs = waitOf(deadlineMs, plan)
  const share = shareOfWindow(costs, plan.dimensions)
  if (caller !== undefined) checkCaller(caller)
  return { lane, caller, costs, share, again: options.again === true, bornMs: plan.clock.nowMs(), mostMs, signal }
}

/** The units of a call. @throws EgressRefusal `SLUICE_EGRESS_COST` for a cost above a capacity */
function unitsOrRefusal(state: ProviderState, { cost, caller }: AcquireOptions, lane: number): readonly number[] {
  try {
    return unitsOf(cost, lane, state.plan)
  } catch (error) {
    if (error instanceof EgressRefusal) tellRefusal(state, error, undefined, caller)
    throw error
  }
}

function checkOpen({ closed }: ProviderState, signal: Signal | undefined): void {
  if (closed) throw new SluiceError(SLUICE_CLOSED, { what: 'provider' })
  if (signal?.aborted) throw signal.reason
}

function enter(state: ProviderState, host: PendingCallHost, arrival: Arrival): Promise<Permit> {
  // A budget or a mirror may have been asked since the call arrived.
  checkOpen(state, arrival.signal)
  state.calls += 1
  return new Promise((resolve, reject) => void new PendingCall(host, arrival, state.calls, resolve, reject))
}

async function acquireFromBudget(state: ProviderState, caller: string, arrival: Arrival, cost: EgressCost | undefined): Promise<Permit> {
  const { plan } = state
  const budget = await reserveBudget(plan, caller, arrival.costs, cost).catch((error: unknown) => {
    if (error instanceof EgressRefusal) tellRefusal(state, error, arrival)
    throw error
  })
  try {
    // Other calls may have entered the queue meanwhile.
    if (!arrival.again) refuseOnArrival(state, arrival)
    return await enter(state, hostOf(state, budget), arrival)
  } catch (error) {
    await budget.cancel()
    throw error
  }
}

/** @param budget - what was reserved for the call, if its caller has a budget */
function hostOf(state: ProviderState, budget?: Reservation): PendingCallHost {
  return {
    pump: state.pump,
    alarms: state.alarms,
    permitOf: (call, at, lagMs) => grantedPermit(state, call, { at, lagMs, budget }),
    lateRefusal: (call) => lateRefusal(state, call),
  }
}

interface Grant {
  readonly at: Micros
  readonly lagMs: number
  readonly budget: Reservation | undefined
}

function grantedPermit(state: ProviderState, { lane, costs, bornMs, caller }: PendingCall, { at, lagMs, budget }: Grant): Permit {
  const { plan, alarms, events, pump } = state
  const { provider, permitTtlMs: ttlMs } = plan
  const nowMs = plan.clock.nowMs()
  const waitedMs = nowMs - bornMs
  if (events.watched) events.tell({ type: 'sent', waitedMs, lagMs, lane: plan.lanes[lane]!, caller: caller ?? null })
  const expire = (): void => {
    if (events.watched) events.tell({ type: 'fault', error: new SluiceError(SLUICE_EGRESS_PERMIT, { provider, ttlMs }) })
    permit.settle()
  }
  pump.holdTime.begin(nowMs)
  const late = alarms.at(nowMs + ttlMs, expire, false)
  const permit = permitOf({
    at,
    waitedMs,
    observe: (headers, status) => readHead(state, { at, costs }, headers, status),
    end(actual) {
      const used = actual === undefined ? costs : actual === 'cancelled' ? costs.map(() => 0) : actualUnits(actual, costs, lane, plan)
      const back = costs.map((units, i) => units - used[i]!)
      alarms.cancel(late)
      pump.holdTime.end(nowMs, plan.clock.nowMs())
      pump.usedPart.end(costs, used)
      pump.end(back.some((units) => units !== 0) ? { at, back } : undefined)
      settleBudget(plan, budget, used, actual).catch((cause: unknown) => tellFault(events, provider, SLUICE_EGRESS_SETTLE, cause))
    },
  })
  return permit
}
