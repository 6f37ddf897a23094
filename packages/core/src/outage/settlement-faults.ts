/** What a settlement could not do, as faults for observers. */
import { SLUICE_DEBT_BOUND, SLUICE_SETTLED_LATE } from '../errors.ts'
import type { StoreEvent } from '../limiter-event.ts'
import { httpOf } from '../request-of-call.ts'
import { SluiceError } from '../sluice-error.ts'
import type { HeldCharge, Settled } from '../store.ts'
import { warnOnce } from '../warn.ts'

/**
 * Reports units that could not be charged, and a settlement that came after the lifetime of its reservation.
 * @param entries - those of the hold
 * @param tell - returns whether an observer saw the event
 * @param call - stands for the request, if it is known
 */
export function tellSettlementFaults(
  entries: readonly HeldCharge[],
  { excess, late }: Settled,
  tell: (event: StoreEvent) => boolean,
  call?: unknown,
): void {
  if (late === true) tellLate(entries, tell, call)
  for (const [i, units] of excess.entries()) {
    if (units === 0) continue
    const { name } = entries[i]!.limit
    tell({ type: 'fault', error: new SluiceError(SLUICE_DEBT_BOUND, { name, value: units }), limit: name, http: httpOf(call) })
  }
}

/** Names the limits that keep the estimate. Without an observer it is a process warning. */
function tellLate(entries: readonly HeldCharge[], tell: (event: StoreEvent) => boolean, call: unknown): void {
  const limits = entries.filter(({ lease }) => lease === undefined).map(({ limit }) => limit.name)
  const facts = { limits: limits.join(', ') }
  const error = new SluiceError(SLUICE_SETTLED_LATE, facts)
  if (!tell({ type: 'fault', error, limit: limits.length === 1 ? limits[0]! : null, http: httpOf(call) }))
    warnOnce(SLUICE_SETTLED_LATE, facts)
}
