/** What each caller may use: limits of the core, reserved when a call enters the queue, and settled with its permit. */

import type { Cost, Limiter, Reservation } from '@sluice/core'
import { SLUICE_EGRESS_BUDGET, SLUICE_EGRESS_OUTAGE } from '../errors.ts'
import { EgressRefusal } from '../refusal.ts'
import type { EgressCost } from './costs.ts'
import type { ProviderPlan } from './options.ts'

/** A limiter of callers. */
export interface Budget {
  readonly limiter: Limiter<string>
  /** Units for the limits of the limiter, of an estimate and of what was used. @default all units of the call, by name */
  readonly cost?: ((units: EgressCost) => Cost) | undefined
}

type BudgetPlan = Pick<ProviderPlan, 'budget' | 'names' | 'provider'>

/** Reserves the units of a call for its caller. @throws EgressRefusal `SLUICE_EGRESS_BUDGET`, and `SLUICE_EGRESS_OUTAGE` if the store of the budget does not answer */
export async function reserveBudget(
  plan: BudgetPlan,
  caller: string,
  costs: readonly number[],
  cost: EgressCost | undefined,
): Promise<Reservation> {
  const reservation = await plan.budget!.limiter.reserve(caller, { cost: budgetCost(plan, costs, cost) })
  const { decision } = reservation
  if (decision.allowed) return reservation
  const { retryAfterMs, refusedBy: limits, outcome } = decision
  if (outcome === 'unavailable')
    throw new EgressRefusal(SLUICE_EGRESS_OUTAGE, { provider: plan.provider, retryAfterMs, scope: 'provider', status: 503 })
  throw new EgressRefusal(SLUICE_EGRESS_BUDGET, { provider: plan.provider, retryAfterMs, scope: 'caller', facts: { limits } })
}

/** Replaces what was reserved by what was used. */
export async function settleBudget(
  plan: BudgetPlan,
  reservation: Reservation | undefined,
  used: readonly number[],
  actual: EgressCost | undefined | 'cancelled',
): Promise<void> {
  if (reservation === undefined) return
  await (actual === 'cancelled' ? reservation.cancel() : reservation.settle(budgetCost(plan, used, actual)))
}

function budgetCost({ budget, names }: BudgetPlan, costs: readonly number[], named: EgressCost | undefined): Cost {
  const units = { ...Object.fromEntries(names.map((name, i) => [name, costs[i]!])), ...named }
  return budget?.cost === undefined ? units : budget.cost(units)
}
