/**
 * Slots that nobody knows of: a call that reserves may have run although its reply was lost. It has named its leases itself, so that they
 * can be given back without the reply. Units cannot: how much of them time has returned depends on when they were charged.
 */
import type { HeldCharge } from '@sluice/core'
import type { NamedCall } from './call-text.ts'
import type { Means } from './means.ts'
import { NotConnected } from './readiness.ts'
import { leaseOf, slotsRule } from './slots.ts'

/** Gives back the slots that calls may have taken before they failed with this error. */
export function releaseLostSlots(means: Means, calls: readonly NamedCall[], error: unknown): void {
  if (mayHaveRun(error)) for (const call of calls) releaseSlots(means, call)
}

/** What was never sent has not run, and an error that Redis answers comes before a script has taken anything. */
function mayHaveRun(error: unknown): boolean {
  return error instanceof Error && error.name !== 'ReplyError' && !(error instanceof NotConnected)
}

function releaseSlots(means: Means, { call, leaseName }: NamedCall): void {
  if (call.action !== 'reserve') return
  const entries = call.charges.flatMap(({ limit, key, terms, cost }): HeldCharge[] => {
    const slots = slotsRule(terms)
    return slots === undefined || cost === 0 ? [] : [{ limit, key, terms, units: cost, at: 0, lease: leaseOf(slots, leaseName) }]
  })
  if (entries.length > 0) means.giveBackLater({ id: means.settlementIds.next(means.keys.place(call.charges[0]!.key)), entries })
}
