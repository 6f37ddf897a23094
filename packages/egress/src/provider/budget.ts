/** What each caller may use: limits of the core, reserved when a call enters the queue, and settled with its permit. */
import type { Cost, Limiter, Reservation } from '@sluice/core'
import { EgressRefusal } from '../refusal.ts'
import type { EgressCost } from './costs.ts'

/** A limiter of callers. */
export interface Budget {
  readonly limiter: Limiter<string>
  /** Units for the limits of the limiter, of an estimate and of what was used. @default all units of the call, by name */
  readonly cost?: ((units: EgressCost) => Cost) | undefined
}

/** @throws EgressRefusal `SLUICE_EGRESS_BUDGET` */
export async function reserveBudget({ limiter, cost }: Budget, caller: string, units: EgressCost, provider: string): Promise<Reservation> {
  const reservation = await limiter.reserve(caller, { cost: cost === undefined ? units : cost(units) })
  const { decision } = reservation
  if (decision.allowed) return reservation
  throw new EgressRefusal('SLUICE_EGRESS_BUDGET', {
    provider,
    retryAfterMs: decision.retryAfterMs,
    scope: 'caller',
    facts: { limits: decision.refusedBy },
  })
}
