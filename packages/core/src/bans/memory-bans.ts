/** Strikes and bans in a memory store. */

import type { Ban, ChargeOne } from '../ban-kind.ts'
import { underTerms } from '../buckets/bucket.ts'
import type { Micros } from '../clock.ts'
import type { MemoryBuckets } from '../memory/memory-buckets.ts'
import type { LimitFacts } from '../store.ts'
import { decideBan } from './decide-ban.ts'

/**
 * Counts a refusal against a key, and bans it if that was one too many.
 *
 * While no more keys can be blocked, nothing is counted. While the store is full, nothing is counted against a key without strikes:
 * such keys would count together, and one would be banned for the others.
 */
export function strikeKey(buckets: MemoryBuckets, { name, ban }: LimitFacts, key: string, now: Micros, chargeOne: ChargeOne): Ban | null {
  if (ban === undefined || buckets.blocks.blockedFor(name, key, now) > 0) return null
  if (!buckets.blocks.hasRoom(name, key, now)) return null
  const { strikes, levels } = ban
  if (buckets.full() && buckets.table(strikes.limit.name).find(key) < 0) return null
  if (chargeOne({ ...strikes, key, cost: 1 }).remaining > 0) return null
  // This also makes room for what is remembered of the ban, for longer than that lasts: there are never more bans than buckets.
  buckets.forget(strikes.limit.name, key)
  const table = buckets.table(levels.limit.name)
  const slot = table.find(key)
  const before = slot < 0 ? undefined : underTerms(table.read(slot), levels.terms, now, 'keepUsed').state
  const { ban: next, after } = decideBan(before, now, ban)
  buckets.write(table, slot, key, { state: after, terms: levels.terms })
  buckets.blocks.block(name, key, now + next.durationMs * 1000, now)
  return next
}

/** Clears the strikes and bans of a key. */
export function clearBans(buckets: MemoryBuckets, { ban }: LimitFacts, key: string): void {
  if (ban === undefined) return
  buckets.forget(ban.strikes.limit.name, key)
  buckets.forget(ban.levels.limit.name, key)
}
