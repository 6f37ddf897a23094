/** Reading a bucket for an operator. */
import type { LimitFacts, LimitStatus, Migrate, Terms } from '@sluice/core'
import { type Bucket, inspectedStatus, isExpired } from '@sluice/core/internal'
import { slotsRule } from '../kinds/concurrency.ts'
import { runScript, type StoreContext } from '../run-script.ts'
import { listOf, numbersOf } from '../wire/replies.ts'
import { type Reply, rowStatus, stateOf } from '../wire/rows.ts'
import { scripts } from '../wire/scripts.generated.ts'
import { readTerms } from '../wire/terms-text.ts'

export async function inspectBucket(
  context: StoreContext,
  limit: LimitFacts,
  key: string,
  terms: Terms | null,
  migrate: Migrate | undefined,
  deadlineMs: number,
): Promise<LimitStatus | null> {
  const { keys } = context
  const bucketKey = keys.bucket(limit, key)
  const all = [bucketKey, keys.slots(limit, key), keys.generations(bucketKey)]
  const scriptCall = { script: scripts.inspect, keys: all, args: [], terms: terms === null ? [] : [terms] }
  const received = await runScript(context, scriptCall, deadlineMs)
  const reply = listOf<Reply[number]>(received, 6)
  const [now, blockedUs, held, firstEnd, lastEnd] = numbersOf(reply.slice(0, 5), 5) as [number, number, number, number, number]
  const slots = slotTerms(terms, held === 0 ? null : readTerms(String(reply[5])))
  if (slots !== undefined) {
    if (held === 0 && blockedUs === 0) return null
    const admits = held < slots.rule.capacity
    const state = { used: held, last: firstEnd, carried: lastEnd }
    return rowStatus({ limit, cost: 1 }, { admits, state, blockedUs, terms: slots, retryUs: 0, epoch: 0, replaced: undefined }, now)
  }
  const bucket = bucketOf(reply.slice(6))
  const live = bucket === undefined || isExpired(bucket, now) ? undefined : bucket
  return live === undefined && blockedUs === 0 ? null : inspectedStatus(limit, live, terms, now, blockedUs, migrate)
}

/** The terms to show slots by: those of the limit, or of the slots where these are later or the only ones known. */
function slotTerms(terms: Terms | null, held: Terms | null): Terms | undefined {
  if (terms !== null && slotsRule(terms) === undefined) return undefined
  if (terms === null || (held !== null && held.version > terms.version)) return held ?? undefined
  return terms
}

function bucketOf(kept: Reply): Bucket | undefined {
  if (kept.length === 0) return undefined
  const [used, last, carried, text, ...beside] = kept
  const bucket = { state: stateOf(Number(used), Number(last), carried!), terms: readTerms(String(text)) }
  if (beside.length === 0) return bucket
  const [usedInAll, lastInAll, carriedInAll] = beside
  return { ...bucket, uncapped: stateOf(Number(usedInAll), Number(lastInAll), carriedInAll!) }
}
