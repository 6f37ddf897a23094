/** Blocking keys, by an operator or a ban; unblocking and listing them. */
import type { Ban, BlockedKey, LimitFacts } from '@sluice/core'
import { SLUICE_RESET_ALL, SluiceError } from '../errors.ts'
import { decodeKey, encodeKey } from '../keys/bucket-key.ts'
import { runScript, type StoreContext } from '../run-script.ts'
import { listOf, numberOf, numbersOf, textOf } from '../wire/replies.ts'
import { scripts } from '../wire/scripts.generated.ts'
import { writeTerms } from '../wire/terms-text.ts'

/**
 * The keys of a script about one key of a limit: its bucket, what else is in the same slot, and the generations.
 * @param beside - what the script takes between the bucket and what the bans keep
 */
function keysFor(
  { keys }: StoreContext,
  limit: LimitFacts,
  key: string,
  list: readonly string[],
  beside: readonly string[] = [],
): string[] {
  const bucket = keys.bucket(limit, key)
  const bans = bucketsOfBans(limit).map((own) => keys.bucket(own, key))
  return [bucket, ...beside, ...bans, ...list, keys.generations(bucket)]
}

/** The names under which the bans of a limit keep their buckets. */
function bucketsOfBans({ ban }: LimitFacts): LimitFacts[] {
  return ban === undefined ? [] : [ban.strikes.limit, ban.levels.limit]
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
  const keys = keysFor(context, limit, key, list)
  await runScript(context, { script: scripts.block, keys, args: [String(durationMs), ...name], terms: [] }, deadlineMs)
  await listInOtherSlot(context, limit, key, durationMs, deadlineMs)
}

/** Forgets a key altogether. */
export async function forgetKey(context: StoreContext, limit: LimitFacts, key: string, deadlineMs: number): Promise<void> {
  const { list, name } = listInReach(context, limit, key)
  const keys = keysFor(context, limit, key, list, [context.keys.slots(limit, key)])
  await runScript(context, { script: scripts.forget, keys, args: name, terms: [] }, deadlineMs)
  await listInOtherSlot(context, limit, key, 0, deadlineMs)
}

/** Forgets all keys of a limit: gives it a new generation. @throws SluiceError `SLUICE_RESET_ALL` in a Cluster */
export async function forgetAllKeys(context: StoreContext, limit: LimitFacts, deadlineMs: number): Promise<void> {
  const { connection, keys } = context
  if (connection.isCluster) throw new SluiceError(SLUICE_RESET_ALL, { name: limit.name })
  const args = [limit, ...bucketsOfBans(limit)].map(keys.nameIn)
  const list = keys.blockedList(limit)
  await runScript(context, { script: scripts.resetAll, keys: [list, keys.generations(list)], args, terms: [] }, deadlineMs)
}

/** Counts a refusal against a key. @returns the ban that it brought */
export async function strikeKey(context: StoreContext, limit: LimitFacts, key: string, deadlineMs: number): Promise<Ban | null> {
  const { ban } = limit
  if (ban === undefined) return null
  const { list, name } = listInReach(context, limit, key)
  const keys = keysFor(context, limit, key, list)
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
