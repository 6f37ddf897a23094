/** Reading a bucket for an operator. */
import type { LimitFacts, LimitStatus, Terms } from '@sluice/core'
import { type Bucket, hasLapsed, inspectedStatus } from '@sluice/core/store-kit'
import type { Means } from './means.ts'
import { type Reply, stateOf } from './rows.ts'
import { scripts } from './scripts.generated.ts'
import { readTerms } from './terms-text.ts'

export async function inspectBucket(
  { connection, keys, nowText }: Means,
  limit: LimitFacts,
  key: string,
  terms: Terms | null,
  deadlineMs: number,
): Promise<LimitStatus | null> {
  const reply = await connection.run(scripts.inspect, [keys.bucket(limit, key)], [nowText()], deadlineMs)
  const [now, blockedUs, ...kept] = reply as readonly [number, number, ...Reply]
  const bucket = bucketOf(kept)
  const live = bucket === undefined || hasLapsed(bucket, now) ? undefined : bucket
  return live === undefined && blockedUs === 0 ? null : inspectedStatus(limit, live, terms, now, blockedUs)
}

function bucketOf(kept: Reply): Bucket | undefined {
  if (kept.length === 0) return undefined
  const [used, last, carried, text] = kept
  return { state: stateOf(Number(used), Number(last), carried!), terms: readTerms(String(text)) }
}
