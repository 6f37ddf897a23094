/** The records of reserved shares in a memory store: buckets among the others, bounded and swept as they are. */
import type { Bucket } from '../../buckets/bucket.ts'
import type { Micros } from '../../clock.ts'
import type { BucketState } from '../../kind.ts'
import type { MemoryBuckets } from '../../memory/memory-buckets.ts'
import { type MemoryTable, overflowKey } from '../../memory/memory-table.ts'
import type { LimitFacts } from '../../store.ts'
import type { GuaranteedRule } from './guaranteed.ts'
import { advanceReserved, type Counted, type ReservedSharesRule, recount, reservedTerms } from './reserved-shares.ts'

const tableNames = new WeakMap<LimitFacts, string>()

/**
 * The name of the table of a share's record. Shadows are counted among themselves: what is only measured must keep nothing from those that
 * are enforced. No limit is named so.
 */
export function recordName(limit: LimitFacts): string {
  const known = tableNames.get(limit)
  if (known !== undefined) return known
  const name = `\u0000${limit.shadow ? 'shadows' : 'children'} of ${limit.parent}`
  tableNames.set(limit, name)
  return name
}

const emptyRecord: BucketState = Object.freeze({ used: 0, last: 0, carried: 0 })

/** The record of a parent's children at `now`. */
export function readReserved(buckets: MemoryBuckets, limit: LimitFacts, parentKey: string, rule: GuaranteedRule, now: Micros): BucketState {
  const record = readBucket(buckets, buckets.table(recordName(limit)), parentKey)
  // Periods of another length begin a record anew.
  const same = record !== undefined && (record.terms.rule as ReservedSharesRule).periodUs === rule.periodUs
  return advanceReserved(same ? record.state : emptyRecord, now, rule)
}

/** Corrects what the record counts of one child. */
export function writeReserved(
  buckets: MemoryBuckets,
  limit: LimitFacts,
  parentKey: string,
  rule: GuaranteedRule,
  now: Micros,
  before: Counted,
  after: Counted,
): void {
  const state = recount(readReserved(buckets, limit, parentKey, rule, now), before, after)
  writeBucket(buckets, buckets.table(recordName(limit)), parentKey, { state, terms: reservedTerms(rule) })
}

/** The bucket of a key, or while the store is full the one that strangers share. */
export function readBucket(buckets: MemoryBuckets, table: MemoryTable, key: string): Bucket | undefined {
  return readOwn(table, key) ?? (buckets.full() ? readOwn(table, overflowKey) : undefined)
}

/** A bucket by the key that it was written under. */
export function readOwn(table: MemoryTable, key: string): Bucket | undefined {
  const slot = table.find(key)
  return slot < 0 ? undefined : table.read(slot)
}

/** Writes a bucket, of a new key while the store is full into the one that strangers share. */
export function writeBucket(buckets: MemoryBuckets, table: MemoryTable, key: string, bucket: Bucket): void {
  const own = table.find(key)
  const at = own < 0 && buckets.full() ? overflowKey : key
  buckets.write(table, at === key ? own : table.find(at), at, bucket)
}
