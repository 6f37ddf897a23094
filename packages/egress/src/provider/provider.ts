/** A provider: every call to it waits here for its permit. */

import type { Micros, Reservation } from '@sluice/core'
import { type CodeText, SLUICE_CLOSED, SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { type Alarms, alarmsOf } from '../alarm.ts'
import { SLUICE_EGRESS_DEPTH, SLUICE_EGRESS_PERMIT, SLUICE_EGRESS_WAIT, SluiceError } from '../errors.ts'
import { shareOfWindow } from '../queue/call-queue.ts'
import type { WaitingCall } from '../queue/waiting-call.ts'
import { EgressRefusal, type RefusedStatus } from '../refusal.ts'
import { type AcquireOptions, laneOf, waitOf } from './acquire-options.ts'
import { reserveBudget, settleBudget } from './budget.ts'
import { inContext } from './context.ts'
import { actualUnits, unitsOf } from './costs.ts'
import { type Dialect, headerOf, type ResponseHeaders, retryAfterOf } from './dialects.ts'
import { createEvents, type EgressEvent, type EgressEvents } from './events.ts'
import type { ArrivingCall, Prediction } from './latest-answer.ts'
import { type ProviderOptions, type ProviderPlan, planOf } from './options.ts'
import { type Permit, permitOf } from './permit.ts'
import { createPump, type Pump } from './pump.ts'
import { createShape, type Shape } from './shape.ts'
import { type Booked, type Wait, wait } from './wait.ts'

/** A snapshot of a provider, for people. */
export interface ProviderSnapshot {
  readonly waiting: number
  readonly inFlight: number
  /** Predicted wait of a call with the usual costs, in milliseconds; `null` if a limit has no usual cost. */
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
  snapshot(): ProviderSnapshot
  /** @returns a function that stops the listening */
  observe(listener: (event: EgressEvent) => void): () => void
  /** Refuses what waits, and every later call. */
  close(): Promise<void>
}

/** What the functions of one provider share. */
interface ProviderState {
  readonly plan: ProviderPlan
  readonly alarms: Alarms
  readonly events: EgressEvents
  readonly shape: Shape
  readonly pump: Pump
  closed: boolean
  /** Calls since the start. */
  calls: number
}

/** Blocks after a 429 without a wait of its own. */
const usualBlockMs = 1000

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
  const events = createEvents()
  const shape = createShape(plan, clock)
  const pump = createPump(plan, shape.pace)
  const state: ProviderState = { plan, alarms: alarmsOf(clock), events, shape, pump, closed: false, calls: 0 }
  return {
    name,
    limits: Object.freeze(Object.fromEntries(names.map((limit, i) => [limit, dimensions[i]!.capacity]))),
    refusedStatus,
    dialect,
    acquire: (o = {}) => acquire(state, inContext(o)),
    snapshot() {
      const usual = plan.usual.every((units) => units !== undefined) ? unitsOf(undefined, 0, plan) : undefined
      const predicted = usual && pump.predict({ lane: 0, caller: undefined, share: 1, costs: usual })
      return {
        waiting: pump.queue.depth,
        inFlight: pump.inFlight,
        waitMs: predicted === undefined ? null : Math.ceil(predicted.waitUs / 1000),
      }
    },
    observe: events.observe,
    async close() {
      state.closed = true
      for (const call of pump.queue.all()) call.refuse(new SluiceError(SLUICE_CLOSED, { what: 'provider' }))
      pump.close()
      await plan.mirror.close()
    },
  }
}

async function acquire(state: ProviderState, options: AcquireOptions): Promise<Permit> {
  const { plan, pump } = state
  const { clock, dimensions } = plan
  const { signal, caller, cost, deadlineMs } = options
  if (state.closed) throw new SluiceError(SLUICE_CLOSED, { what: 'provider' })
  if (signal?.aborted) throw signal.reason
  const lane = options.lane === undefined ? 0 : laneOf(options.lane, plan)
  const costs = unitsOf(cost, lane, plan)
  const mostMs = waitOf(deadlineMs, plan)
  const share = shareOfWindow(costs, dimensions)
  if (caller !== undefined && typeof caller !== 'string') {
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'caller', wanted: 'a string', value: caller })
  }
  const again = options.again === true
  if (!again) refuseOnArrival(state, { lane, caller, costs, share }, mostMs)
  const bornMs = clock.nowMs()
  // A call without a budget enters the queue at once, so that the next one is refused by the true depth.
  const budget = caller === undefined || plan.budget === undefined || again ? undefined : await reserveBudget(plan, caller, costs, cost)
  try {
    state.calls += 1
    const left = mostMs - (clock.nowMs() - bornMs)
    const call = { lane, caller, costs, share, order: state.calls, again, mostMs: left, signal }
    const booked = await wait(pump, clock, call, () => lateRefusal(state, call))
    return grantedPermit(state, booked, { lane, costs, waitedMs: clock.nowMs() - bornMs, budget })
  } catch (error) {
    await budget?.cancel()
    throw error
  }
}

/** A call that cannot be sent in time is refused before it has booked or reserved anything. */
function refuseOnArrival(state: ProviderState, call: ArrivingCall, mostMs: number): void {
  const { plan, pump } = state
  const predicted = pump.predict(call)
  const { waitUs } = predicted
  if (waitUs > mostMs * 1000) throw refusal(state, SLUICE_EGRESS_WAIT, predicted, { waitMs: Math.ceil(waitUs / 1000), mostMs })
  if (pump.queue.depth >= plan.depth && (plan.depth > 0 || waitUs > 0)) {
    throw refusal(state, SLUICE_EGRESS_DEPTH, predicted, { depth: pump.queue.depth })
  }
}

function lateRefusal(state: ProviderState, call: Wait): EgressRefusal {
  const predicted = state.pump.predict(call)
  const waitMs = Math.ceil(call.mostMs + predicted.waitUs / 1000)
  return refusal(state, SLUICE_EGRESS_WAIT, predicted, { waitMs, mostMs: call.mostMs })
}

/** A caller that is held back for its own bound says nothing of the quota. */
function refusal(
  { plan, pump, shape, events }: ProviderState,
  text: CodeText,
  { waitUs, heldUs }: Prediction,
  facts: Readonly<Record<string, unknown>>,
): EgressRefusal {
  if (heldUs === 0) shape.refused()
  const { provider } = plan
  const scope = heldUs > 0 ? 'caller' : 'provider'
  const retryAfterMs = Math.max(1, Math.ceil(waitUs / 1000))
  const status = heldUs > 0 ? 429 : plan.refusedStatus
  const error = new EgressRefusal(text, { provider, retryAfterMs, scope, status, facts, cause: pump.fault })
  if (events.watched) events.tell({ type: 'refused', refusal: error })
  return error
}

interface Grant extends Pick<WaitingCall, 'lane' | 'costs'> {
  readonly waitedMs: number
  readonly budget: Reservation | undefined
}

function grantedPermit(state: ProviderState, { at, lagMs }: Booked, { lane, costs, waitedMs, budget }: Grant): Permit {
  const { plan, alarms, events, pump } = state
  const { provider, permitTtlMs: ttlMs } = plan
  if (events.watched) events.tell({ type: 'sent', waitedMs, lagMs, lane: plan.lanes[lane]! })
  const expire = (): void => {
    if (events.watched) events.tell({ type: 'fault', error: new SluiceError(SLUICE_EGRESS_PERMIT, { provider, ttlMs }) })
    permit.settle()
  }
  const late = alarms.at(plan.clock.nowMs() + ttlMs, expire, false)
  const permit = permitOf({
    at,
    waitedMs,
    observe: (headers, status) => observe(state, at, headers, status),
    end(actual) {
      const used = actual === undefined ? costs : actual === 'cancelled' ? costs.map(() => 0) : actualUnits(actual, costs, lane, plan)
      const back = costs.map((units, i) => units - used[i]!)
      late.cancel()
      pump.end(back.some((units) => units !== 0) ? { at, back } : undefined)
      void settleBudget(plan, budget, used, actual)
    },
  })
  return permit
}

/** Takes from the head of a response what the provider says of its quota. */
function observe({ plan, pump, shape, events }: ProviderState, at: Micros, headers: ResponseHeaders, status: number): void {
  const header = headerOf(headers)
  const sightings = (plan.dialect?.quota(header) ?? []).flatMap(({ limit, capacity, remaining }) => {
    const dimension = plan.names.indexOf(limit)
    return dimension < 0 ? [] : [{ dimension, at, limit: capacity, remaining }]
  })
  if (status !== 429) {
    pump.see(sightings, 0)
    return
  }
  const retryAfterMs = retryAfterOf(header, plan.clock.nowMs())
  pump.see(sightings, Math.max(1, retryAfterMs ?? usualBlockMs) * 1000)
  if (events.watched) events.tell({ type: 'limited', retryAfterMs })
  if (shape.impossible() && events.watched) events.tell({ type: 'paced' })
}
