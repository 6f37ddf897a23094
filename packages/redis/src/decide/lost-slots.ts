/**
 * Slots whose reply was lost: the call may have run, and no caller holds the reservation. The call has named its leases itself, so that they
 * can be given back without the reply. Units cannot: how many of them have refilled depends on when they were charged.
 */
import type { HeldCharge } from '@sluice/core'
import { NotConnected } from '../connection/readiness.ts'
import { leaseOf, slotsRule } from '../kinds/concurrency.ts'
import type { StoreContext } from '../run-script.ts'
import type { NamedCall } from '../wire/call-text.ts'

/** Gives back the slots that calls may have taken before they failed with this error. */
export function releaseLostSlots(context: StoreContext, calls: readonly NamedCall[], error: unknown): void {
  if (mayHaveRun(error)) for (const call of calls) releaseSlots(context, call)
}

/** What was never sent has not run, and an error that Redis answers comes before a script has taken anything. */
function mayHaveRun(error: unknown): boolean {
  return error instanceof Error && error.name !== 'ReplyError' && !(error instanceof NotConnected)
}

function releaseSlots(context: StoreContext, { call, leaseName }: NamedCall): void {
  if (call.action !== 'reserve') return
  const entries = call.charges.flatMap(({ limit, key, terms, cost }): HeldCharge[] => {
    const slots = slotsRule(terms)
    return slots === undefined || cost === 0 ? [] : [{ limit, key, terms, units: cost, at: 0, lease: leaseOf(slots, leaseName) }]
  })
  if (entries.length > 0) context.giveBackLater({ id: context.settlementIds.next(context.keys.place(call.charges[0]!.key)), entries })
}
