/** Blocking keys, by an operator or a ban; unblocking and listing them. */
import type { Ban, BlockedKey, LimitFacts } from '@sluice/core'
import { decodeKey, encodeKey } from '../wire/bucket-key.ts'
import { listOf, numberOf, numbersOf, textOf } from '../wire/replies.ts'
import { runScript, type StoreContext } from '../wire/run-script.ts'
import { scripts } from '../wire/scripts.generated.ts'
import { writeTerms } from '../wire/terms-text.ts'

/** The keys of what the bans of a limit keep for a key, beside its bucket. */
function banKeys({ keys }: StoreContext, { ban }: LimitFacts, key: string): string[] {
  return ban === undefined ? [] : [keys.bucket(ban.strikes.limit, key), keys.bucket(ban.levels.limit, key)]
}

/**
 * The list of blocked keys, and the name of the key there, if the scripts for the key can reach it. In a Cluster whose nodes share the load,
 * the list lies in a slot of its own.
 */
function listInReach(
  { connection, keys }: StoreContext,
  limit: LimitFacts,
  key: string,
): { readonly list: string[]; readonly name: string[] } {
  const isInOtherSlot = connection.isCluster && keys.spread
  return isInOtherSlot ? { list: [], name: [] } : { list: [keys.blockedList(limit)], name: [encodeKey(key)] }
}

/** Changes what is known of the block of a key, for so many milliseconds from now on. */
type BlockForAWhile = (context: StoreContext, limit: LimitFacts, key: string, durationMs: number, deadlineMs: number) => Promise<void>

/** Changes the list after the bucket if it is in another slot: a ban holds whether or not it is listed yet. */
const listInOtherSlot: BlockForAWhile = async (context, limit, key, durationMs, deadlineMs) => {
  if (listInReach(context, limit, key).list.length > 0) return
  const args = [String(durationMs), encodeKey(key)]
  await runScript(context, { script: scripts.listBlocked, keys: [context.keys.blockedList(limit)], args, terms: [] }, deadlineMs)
}

/** Blocks a key for a while; 0 unblocks it and clears its bans. */
export const blockKey: BlockForAWhile = async (context, limit, key, durationMs, deadlineMs) => {
  const { list, name } = listInReach(context, limit, key)
  const keys = [context.keys.bucket(limit, key), ...banKeys(context, limit, key), ...list]
  await runScript(context, { script: scripts.block, keys, args: [String(durationMs), ...name], terms: [] }, deadlineMs)
  await listInOtherSlot(context, limit, key, durationMs, deadlineMs)
}

/** Forgets a key altogether. */
export async function forgetKey(context: StoreContext, limit: LimitFacts, key: string, deadlineMs: number): Promise<void> {
  const { list, name } = listInReach(context, limit, key)
  const keys = [context.keys.bucket(limit, key), context.keys.slots(limit, key), ...banKeys(context, limit, key), ...list]
  await runScript(context, { script: scripts.forget, keys, args: name, terms: [] }, deadlineMs)
  await listInOtherSlot(context, limit, key, 0, deadlineMs)
}

/** Counts a refusal against a key. @returns the ban that it brought */
export async function strikeKey(context: StoreContext, limit: LimitFacts, key: string, deadlineMs: number): Promise<Ban | null> {
  const { ban } = limit
  if (ban === undefined) return null
  const { list, name } = listInReach(context, limit, key)
  const keys = [context.keys.bucket(limit, key), ...banKeys(context, limit, key), ...list]
  const terms = [ban.strikes, ban.levels].map((one) => writeTerms(one.terms, one.limit.name))
  const args = [...terms, ...[ban.forMs, ban.factor, ban.atMostMs].map(String), ...name]
  const reply = await runScript(context, { script: scripts.strike, keys, args, terms: [] }, deadlineMs)
  const [level, durationMs] = numbersOf(reply, 2) as [number, number]
  if (level === 0) return null
  await listInOtherSlot(context, limit, key, durationMs, deadlineMs)
  return { level, durationMs }
}

/** The blocked keys: so many at most, the longest block first. */
export async function blockedKeys(context: StoreContext, limit: LimitFacts, most: number, deadlineMs: number): Promise<BlockedKey[]> {
  const scriptCall = { script: scripts.blocked, keys: [context.keys.blockedList(limit)], args: [String(most)], terms: [] }
  const [first, ...rows] = listOf(await runScript(context, scriptCall, deadlineMs), 1)
  const now = numberOf(first)
  const blocked: BlockedKey[] = []
  for (let at = 0; at < rows.length; at += 2) {
    blocked.push({ key: decodeKey(textOf(rows[at])), blockedForMs: Math.ceil((numberOf(rows[at + 1]) - now) / 1000) })
  }
  return blocked
}
