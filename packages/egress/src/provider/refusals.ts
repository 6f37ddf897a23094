/** When a call to a provider is refused, and what it is told. */
import type { CodeText } from '@sluice/core/internal'
import { SLUICE_EGRESS_DEPTH, SLUICE_EGRESS_OUTAGE, SLUICE_EGRESS_WAIT } from '../errors.ts'
import { EgressRefusal } from '../refusal.ts'
import type { EgressEvents } from './events.ts'
import type { Prediction } from './latest-answer.ts'
import type { ProviderPlan } from './options.ts'
import type { Arrival, PendingCall } from './pending-call.ts'
import type { Pump } from './pump.ts'
import type { Shape } from './shape.ts'

/** What refusals need of a provider. */
export interface Refusing {
  readonly plan: ProviderPlan
  readonly events: EgressEvents
  readonly shape: Shape
  readonly pump: Pump
}

/** When a store that is away is looked for again, at the latest. */
const outageRetryMs = 1000

/**
 * Whether the mirror is asked before a call is let in or refused. The latest answer is old, and by that answer the call waits for more than
 * half of its time. Other processes may have returned units since, or may have filled their queues. A full queue is refused at once.
 */
export function isDoubtful({ pump, plan }: Refusing, arrival: Arrival): boolean {
  if (!pump.isStale || plan.mirror.outage !== undefined || isFull(plan, pump)) return false
  return pump.predict(arrival).waitUs > arrival.mostMs * 500
}

function isFull({ depth }: ProviderPlan, { queue }: Pump): boolean {
  return depth > 0 && queue.depth >= depth
}

/** A call that cannot be sent in time is refused before it has booked or reserved anything. */
export function refuseOnArrival(state: Refusing, call: Arrival): void {
  const { plan, pump } = state
  const mostMs = Math.max(0, call.bornMs + call.mostMs - plan.clock.nowMs())
  if (plan.mirror.outage !== undefined) throw outageRefusal(state, call, plan.mirror.outage)
  const predicted = pump.predict(call)
  const { waitUs } = predicted
  if (waitUs > mostMs * 1000) throw refusal(state, call, SLUICE_EGRESS_WAIT, predicted, { waitMs: Math.ceil(waitUs / 1000), mostMs })
  if (pump.queue.depth >= plan.depth && (plan.depth > 0 || waitUs > 0)) {
    throw refusal(state, call, SLUICE_EGRESS_DEPTH, predicted, { depth: pump.queue.depth })
  }
}

export function lateRefusal(state: Refusing, call: PendingCall): EgressRefusal {
  const { pump } = state
  if (pump.fault !== undefined) return outageRefusal(state, call, pump.fault)
  const predicted = pump.predict(call)
  const waitMs = Math.ceil(call.mostMs + predicted.waitUs / 1000)
  return refusal(state, call, SLUICE_EGRESS_WAIT, predicted, { waitMs, mostMs: call.mostMs })
}

/** Nothing is known of the quota: the server is broken, and the caller is not to blame. */
function outageRefusal(state: Refusing, call: Queued, cause: unknown): EgressRefusal {
  const { provider } = state.plan
  const error = new EgressRefusal(SLUICE_EGRESS_OUTAGE, { provider, retryAfterMs: outageRetryMs, scope: 'provider', status: 503, cause })
  return tellRefusal(state, error, call)
}

/** Only a wait for the windows of the provider says that its quota is used up. */
function refusal(
  state: Refusing,
  call: Queued,
  text: CodeText,
  { waitUs, cause: reason }: Prediction,
  facts: Readonly<Record<string, unknown>>,
): EgressRefusal {
  const { plan, shape } = state
  if (reason === 'windows') shape.refused()
  const { provider } = plan
  const scope = reason === 'caller' ? 'caller' : 'provider'
  const retryAfterMs = Math.max(1, Math.ceil(waitUs / 1000))
  const status = reason === 'caller' ? 429 : plan.refusedStatus
  const error = new EgressRefusal(text, { provider, retryAfterMs, scope, status, facts })
  return tellRefusal(state, error, call)
}

/** What the event of a refusal says of a call. */
type Queued = Pick<Arrival, 'lane' | 'caller' | 'bornMs'>

/** Publishes a refusal. @returns the refusal @param call - `undefined` if the call was refused before its lane was known */
export function tellRefusal(
  { plan, events }: Pick<Refusing, 'plan' | 'events'>,
  refusal: EgressRefusal,
  call: Queued | undefined,
  caller: string | undefined = call?.caller,
): EgressRefusal {
  if (!events.watched) return refusal
  const waitedMs = call === undefined ? 0 : plan.clock.nowMs() - call.bornMs
  const lane = call === undefined ? null : plan.lanes[call.lane]!
  events.tell({ type: 'refused', refusal, waitedMs, lane, caller: caller ?? null })
  return refusal
}
