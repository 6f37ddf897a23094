/** What the head of a response tells: quotas that are left, and how long calls stop after a refusal. */
import type { Micros } from '@sluice/core'
import { blockMsOf, heardOf, sightingsOf, usualWaitMs } from '../dialects/dialect.ts'
import { headerOf, type ResponseHeaders, retryAfterOf } from '../dialects/response-headers.ts'
import { SLUICE_EGRESS_DIALECT } from '../errors.ts'
import type { Sighting } from '../mirror/mirror.ts'
import { tellFault } from './events.ts'
import type { limitWatch } from './limit-watch.ts'
import type { Refusing } from './refusals.ts'

/** What reading needs of a provider. */
export interface Observing extends Refusing {
  readonly watchLimits: ReturnType<typeof limitWatch>
}

/** Takes from the head of a response what the provider says of its quota. */
export function readHead(state: Observing, call: ObservedCall, headers: ResponseHeaders, status: number): void {
  const { plan, pump, shape, events, watchLimits } = state
  const header = headerOf(headers)
  const retryAfterMs = retryAfterOf(header, plan.clock.nowMs())
  let sightings: readonly Sighting[] = plan.dialect === undefined ? [] : heardOf(call.at)
  let blockMs = status === 429 ? Math.max(1, retryAfterMs ?? usualWaitMs) : undefined
  try {
    blockMs = blockMsOf(plan.dialect, status, header, retryAfterMs)
    sightings = sightingsOf(plan, { header, nowUs: pump.nowUs(), isRefused: blockMs !== undefined, ...call })
  } catch (cause) {
    tellFault(events, plan.provider, SLUICE_EGRESS_DIALECT, cause)
  }
  watchLimits(sightings)
  pump.see(sightings, (blockMs ?? 0) * 1000)
  if (blockMs === undefined) return
  if (events.watched) events.tell({ type: 'limited', status, retryAfterMs })
  if (shape.impossible() && events.watched) events.tell({ type: 'paced' })
}

/** When a call was booked, and its units by dimension. */
interface ObservedCall {
  readonly at: Micros
  readonly costs: readonly number[]
}
