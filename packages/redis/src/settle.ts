/** Settling reservations, once: the first settlement sets the bit of its id beside the buckets, which makes it safe to send again. */
import type { HeldCharge, Hold, Micros, Settled } from '@sluice/core'
import type { BucketKeys } from './bucket-key.ts'
import { guaranteedRule, isOrphan, recordKey } from './guarantees.ts'
import type { Means } from './means.ts'
import { numberOf, numbersOf } from './replies.ts'
import { run } from './run.ts'
import { scripts } from './scripts.generated.ts'
import { settlementMark } from './settlement-id.ts'
import { writeTerms } from './terms-text.ts'

/** A reservation of this store. Renewing it moves the time from which its lifetime counts. */
export interface RedisHold extends Hold {
  renewedAt?: Micros
}

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
    timeAndEpoch(held),
    String(held.actual),
  ])
  const { key, args } = handleOf(means, hold)
  const errand = {
    script: scripts.settle,
    keys: [key, ...buckets, ...records, ...slots.keys],
    args: [...args, String(units.length), ...charges, ...slots.leases],
    terms: units.map(({ terms }) => terms),
  }
  const [outcome, ...excess] = numbersOf(await run(means, errand, deadlineMs), 1)
  const counted = entries.map((entry) => (isCounted(entry) ? (excess.shift() ?? 0) : 0))
  return { first: outcome === 1, excess: counted, ...(outcome === tooLate && { late: true }) }
}

/** What the script answers for a settlement whose time is over. */
const tooLate = -1

/** Prolongs a hold whose slots one script can reach: its leases, and the time in which it can be settled. */
export async function renewHold(means: Means, hold: RedisHold, deadlineMs: number): Promise<Micros> {
  const slots = slotsHeld(hold, means.keys)
  const { key, args } = handleOf(means, hold)
  const errand = { script: scripts.renew, keys: [key, ...slots.keys], args: [...args, ...slots.leases], terms: [] }
  return numberOf(await run(means, errand, deadlineMs))
}

/** What the scripts need of a hold to settle it once and in time: the key of its page of settlements, and three arguments. */
export function handleOf({ keys, handleLifetimeMs }: Means, hold: RedisHold): { readonly key: string; readonly args: readonly string[] } {
  const { place, page, bit } = settlementMark(hold.id)
  return { key: keys.settlements(page, place), args: [String(handleLifetimeMs), String(openSince(hold)), String(bit)] }
}

/** When a hold was charged, or renewed last. */
function openSince({ entries, renewedAt = 0 }: RedisHold): Micros {
  const charged = entries.find(({ lease }) => lease === undefined) ?? entries[0]
  return Math.max(charged?.at ?? 0, renewedAt)
}

function slotsHeld({ entries }: Hold, keys: BucketKeys): { readonly keys: string[]; readonly leases: string[] } {
  const slots = entries.filter(({ lease }) => lease !== undefined)
  return { keys: slots.map(({ limit, key }) => keys.slots(limit, key)), leases: slots.map(({ lease }) => lease!) }
}

/** When units were charged, and in which epoch of their bucket, as the scripts read it. */
export function timeAndEpoch({ at, epoch }: HeldCharge): string {
  return epoch === undefined ? String(at) : `${at}/${epoch}`
}
