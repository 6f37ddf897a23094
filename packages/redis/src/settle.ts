/** Settling reservations, once: the first settlement leaves a marker beside the buckets for as long as a hold lives. */
import type { HeldCharge, Hold, Settled } from '@sluice/core'
import type { BucketKeys } from './bucket-key.ts'
import { guaranteedRule, isOrphan, recordKey } from './guarantees.ts'
import type { Means } from './means.ts'
import { numberOf, numbersOf } from './replies.ts'
import { run } from './run.ts'
import { scripts } from './scripts.generated.ts'
import { writeTerms } from './terms-text.ts'

/** One script, one round trip; the buckets of the hold are in one slot. Sent again it changes nothing. */
export async function settleHold(means: Means, hold: Hold, actual: readonly number[], deadlineMs: number): Promise<Settled> {
  const { keys } = means
  const { entries } = hold
  const isCounted = (entry: HeldCharge): boolean => entry.lease === undefined && !isOrphan(entry, entries)
  const units = entries.map((entry, i) => ({ ...entry, actual: actual[i] ?? entry.units })).filter(isCounted)
  const slots = slotsHeld(hold, keys)
  const buckets = units.map(({ limit, key }) => keys.bucket(limit, key))
  const records = units.filter(({ terms }) => guaranteedRule(terms)).map((entry) => recordKey(entry, entries, keys))
  const charges = units.flatMap((held) => [
    writeTerms(held.terms, held.limit.name),
    String(held.units),
    String(held.at),
    String(held.actual),
  ])
  const errand = {
    script: scripts.settle,
    keys: [markerOf(hold, keys), ...buckets, ...records, ...slots.keys],
    args: [String(means.handleLifetimeMs), String(units.length), ...charges, ...slots.leases],
    terms: units.map(({ terms }) => terms),
  }
  const [first, ...excess] = numbersOf(await run(means, errand, deadlineMs), 1)
  return { first: first === 1, excess: entries.map((entry) => (isCounted(entry) ? (excess.shift() ?? 0) : 0)) }
}

/** Prolongs the leases of a hold whose slots one script can reach; without slots it is good until it is settled. */
export async function renewHold(means: Means, hold: Hold, deadlineMs: number): Promise<boolean> {
  const slots = slotsHeld(hold, means.keys)
  const errand = { script: scripts.renew, keys: [markerOf(hold, means.keys), ...slots.keys], args: slots.leases, terms: [] }
  return numberOf(await run(means, errand, deadlineMs)) === 1
}

function slotsHeld({ entries }: Hold, keys: BucketKeys): { readonly keys: string[]; readonly leases: string[] } {
  const slots = entries.filter(({ lease }) => lease !== undefined)
  return { keys: slots.map(({ limit, key }) => keys.slots(limit, key)), leases: slots.map(({ lease }) => lease!) }
}

/** The key that says whether a hold was settled, in the slot of its buckets. */
export function markerOf({ id, entries }: Hold, keys: BucketKeys): string {
  return keys.marker(id, keys.tagOf(entries[0]?.key ?? ''))
}
