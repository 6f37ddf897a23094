/**
 * Settling and renewing reservations, and refunding units that were not reserved.
 *
 * The first settlement of a reservation sets the bit of its id beside the buckets. So it may be sent again.
 */
import type { Charge, HeldCharge, Hold, Micros, Settled } from '@sluice/core'
import { openSince, type RenewableHold } from '@sluice/core/internal'
import type { BucketKeys } from '../keys/bucket-key.ts'
import { guaranteedRule, isOrphan, recordKey } from '../kinds/guaranteed.ts'
import { runScript, type StoreContext } from '../run-script.ts'
import { numberOf, numbersOf } from '../wire/replies.ts'
import { scripts } from '../wire/scripts.generated.ts'
import { settlementMark } from '../wire/settlement-id.ts'
import { writeTerms } from '../wire/terms-text.ts'

/** Settles in one script. The buckets of the hold are in one slot. Sent again, it changes nothing. */
export async function settleHold(context: StoreContext, hold: Hold, actual: readonly number[], deadlineMs: number): Promise<Settled> {
  const { keys } = context
  const { entries } = hold
  const isCounted = (entry: HeldCharge): boolean => entry.lease === undefined && !isOrphan(entry, entries)
  const units = entries.map((entry, i) => ({ ...entry, actual: actual[i] ?? entry.units })).filter(isCounted)
  const slots = slotsHeld(hold, keys)
  const buckets = units.map(({ limit, key }) => keys.bucket(limit, key))
  const records = units.filter(({ terms }) => guaranteedRule(terms)).map((entry) => recordKey(entry, entries, keys))
  const charges = units.flatMap((held) => [
    writeTerms(held.terms, held.limit.name),
    String(held.units),
    timeAndEpoch(held),
    String(held.actual),
  ])
  const { key, args } = handleOf(context, hold)
  const scriptCall = {
    script: scripts.settle,
    keys: [key, ...buckets, ...records, ...slots.keys, keys.generations(key)],
    args: [...args, String(units.length), ...charges, ...slots.leases],
    terms: units.map(({ terms }) => terms),
  }
  const [outcome, ...excess] = numbersOf(await runScript(context, scriptCall, deadlineMs), 1)
  const counted = entries.map((entry) => (isCounted(entry) ? (excess.shift() ?? 0) : 0))
  return { first: outcome === 1, excess: counted, ...(outcome === tooLate && { late: true }) }
}

/** What the script replies if the settlement comes too late. */
const tooLate = -1

/** Prolongs a hold in one slot: its leases, and the time in which it can be settled. @returns when, in microseconds since 1970; 0 if not */
export async function renewHold(context: StoreContext, hold: RenewableHold, deadlineMs: number): Promise<Micros> {
  const slots = slotsHeld(hold, context.keys)
  const { key, args } = handleOf(context, hold)
  const keys = [key, ...slots.keys, context.keys.generations(key)]
  const scriptCall = { script: scripts.renew, keys, args: [...args, ...slots.leases], terms: [] }
  return numberOf(await runScript(context, scriptCall, deadlineMs))
}

/** The key of a hold's page of settlements, and three arguments: its lifetime, its start and its bit. */
export function handleOf(
  { keys, handleLifetimeMs }: StoreContext,
  hold: RenewableHold,
): { readonly key: string; readonly args: readonly string[] } {
  const { place, page, bit } = settlementMark(hold.id)
  return { key: keys.settlements(page, place), args: [String(handleLifetimeMs), String(openSince(hold)), String(bit)] }
}

function slotsHeld({ entries }: Hold, keys: BucketKeys): { readonly keys: string[]; readonly leases: string[] } {
  const slots = entries.filter(({ lease }) => lease !== undefined)
  return { keys: slots.map(({ limit, key }) => keys.slots(limit, key)), leases: slots.map(({ lease }) => lease!) }
}

/** When units were charged, and in which epoch of their bucket, as the scripts read it. */
export function timeAndEpoch({ at, epoch }: HeldCharge): string {
  return epoch === undefined ? String(at) : `${at}/${epoch}`
}

/** Returns units that were not reserved, in one script. The buckets are in one slot. */
export async function refundInOneSlot(context: StoreContext, charges: readonly Charge[], deadlineMs: number): Promise<void> {
  const { keys } = context
  const records: string[] = []
  const charged = charges.filter((charge) => !isOrphan(charge, charges))
  const args = charged.flatMap((charge) => {
    const record = guaranteedRule(charge.terms) === undefined ? 0 : charged.length + records.push(recordKey(charge, charges, keys))
    return [String(charge.cost), String(record)]
  })
  const buckets = charged.map(({ limit, key }) => keys.bucket(limit, key))
  const terms = charged.map((charge) => charge.terms)
  if (charged.length === 0) return
  const all = [...buckets, ...records, keys.generations(buckets[0]!)]
  await runScript(context, { script: scripts.refund, keys: all, args, terms }, deadlineMs)
}
