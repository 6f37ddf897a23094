/**
 * Deciding a call whose buckets lie in several slots of a Cluster: charged slot by slot, and returned if a later slot refuses.
 *
 * No more passes than every limit admits, because everything is charged before anything passes. But it is no atomic step. A call in
 * flight may hold units for which others are refused, and a process that dies on the way leaves them charged.
 */
import type { Call, Charge, Hold, LimitStatus, Settled, Verdict } from '@sluice/core'
import { allowsPartialGrant, mostLeft, paying, type RenewableHold } from '@sluice/core/internal'
import type { StoreContext } from '../run-script.ts'
import { joinedId, partIds } from '../wire/settlement-id.ts'
import { partsThatFit } from './script-work.ts'
import { renewHold, settleHold } from './settle.ts'

/** What one script can reach, in order: in a Cluster the keys in one slot, and else all of them. */
export function partsBySlot<T extends { readonly key: string }>(
  { connection, keys }: StoreContext,
  buckets: readonly T[],
): readonly (readonly T[])[] {
  if (!connection.isCluster || buckets.length < 2) return [buckets]
  const parts = new Map<string, T[]>()
  for (const bucket of buckets) {
    const tag = keys.tagOf(bucket.key)
    const part = parts.get(tag)
    if (part === undefined) parts.set(tag, [bucket])
    else part.push(bucket)
  }
  return [...parts.values()]
}

/** Whether one script can reach all of them. */
export function isInOneSlot(context: StoreContext, buckets: readonly { readonly key: string }[]): boolean {
  return partsBySlot(context, buckets).length === 1
}

/** Decides what one script can reach. */
export type DecideInOneSlot = (call: Call, deadlineMs: number) => Promise<Verdict>

const nothing = { undone: [], hold: null, decidedBy: 'store' } as const

export async function decideAcrossSlots(
  context: StoreContext,
  decideInOneSlot: DecideInOneSlot,
  call: Call,
  deadlineMs: number,
): Promise<Verdict> {
  if (allowsPartialGrant(call)) return decideUpTo(context, decideInOneSlot, call, deadlineMs)
  if (call.action === 'peek') {
    const limits = await peekAcrossSlots(context, decideInOneSlot, call, deadlineMs)
    return { ...nothing, allowed: limits.every((status) => status.allowed || status.shadow), limits }
  }
  const held: Hold[] = []
  const statuses = new Map<Charge, LimitStatus>()
  const returnAll = (): Promise<unknown> => Promise.all(held.map((hold) => returnHold(context, hold, deadlineMs)))
  for (const charges of partsBySlot(context, call.charges)) {
    const verdict = await decideInOneSlot(chargeable(call, charges), deadlineMs).catch(async (error: unknown) => {
      await returnAll()
      throw error
    })
    if (verdict.hold === null) {
      await returnAll()
      return { ...nothing, allowed: false, limits: await peekAcrossSlots(context, decideInOneSlot, call, deadlineMs) }
    }
    held.push(verdict.hold)
    for (const [i, charge] of charges.entries()) statuses.set(charge, verdict.limits[i]!)
  }
  const hold = call.action === 'reserve' ? joined(held) : null
  return { ...nothing, allowed: true, limits: call.charges.map((charge) => statuses.get(charge)!), hold }
}

/** One hold of the holds in all slots. */
function joined(held: readonly Hold[]): Hold {
  const holding = held.filter(({ entries }) => entries.length > 0)
  return { id: joinedId((holding.length > 0 ? holding : held).map(({ id }) => id)), entries: held.flatMap(({ entries }) => entries) }
}

/** The parts of a hold, one in each slot. */
function partsOf(context: StoreContext, { id, entries, renewedAt = 0 }: RenewableHold): RenewableHold[] {
  const ids = partIds(id)
  return partsBySlot(context, entries).map((part, i) => ({ id: ids[i] ?? ids[0]!, entries: part, renewedAt }))
}

/** Peeks first, and takes what there was then. If others have taken of it in the meantime, it tries the least. */
async function decideUpTo(context: StoreContext, decideInOneSlot: DecideInOneSlot, call: Call, deadlineMs: number): Promise<Verdict> {
  const fixed = (units: number): Call => ({ ...call, charges: paying(call.charges, units).map(({ upTo: _, ...charge }) => charge) })
  const least = call.charges.find(({ upTo }) => upTo !== undefined)!.cost
  const most = mostLeft(call.charges, await peekAcrossSlots(context, decideInOneSlot, call, deadlineMs))
  const verdict = most > least ? await decideAcrossSlots(context, decideInOneSlot, fixed(most), deadlineMs) : undefined
  return verdict?.allowed ? verdict : decideAcrossSlots(context, decideInOneSlot, fixed(least), deadlineMs)
}

/** A reservation in any case, so that it can be returned. A consumption pays at once even where a reservation would not. */
function chargeable(call: Call, charges: readonly Charge[]): Call {
  const atOnce = (charge: Charge): Charge => ({ ...charge, limit: { ...charge.limit, debit: 'before' } })
  return { ...call, action: 'reserve', charges: call.action === 'consume' ? charges.map(atOnce) : charges, undo: [] }
}

/** Returns all of a hold, later if Redis does not confirm it now. */
async function returnHold(context: StoreContext, hold: Hold, deadlineMs: number): Promise<void> {
  const nothingUsed = hold.entries.map(() => 0)
  await settleHold(context, hold, nothingUsed, deadlineMs).catch(() => context.giveBackLater(hold))
}

/** The statuses of a call, in whatever slots its buckets lie. */
async function peekAcrossSlots(
  context: StoreContext,
  decideInOneSlot: DecideInOneSlot,
  { charges, migrate }: Call,
  deadlineMs: number,
): Promise<LimitStatus[]> {
  const statuses = new Map<Charge, LimitStatus>()
  const peek = async (part: readonly Charge[]): Promise<void> => {
    const { limits } = await decideInOneSlot({ action: 'peek', charges: part, undo: [], migrate }, deadlineMs)
    for (const [i, charge] of part.entries()) statuses.set(charge, limits[i]!)
  }
  await Promise.all(partsBySlot(context, charges).flatMap(partsThatFit).map(peek))
  return charges.map((charge) => statuses.get(charge)!)
}

/** Settles a hold once in each slot. */
export async function settleAcrossSlots(
  context: StoreContext,
  hold: Hold,
  actual: readonly number[],
  deadlineMs: number,
): Promise<Settled> {
  const used = new Map(hold.entries.map((entry, i) => [entry, actual[i] ?? entry.units]))
  const excess = new Map(hold.entries.map((entry) => [entry, 0]))
  const settlePart = async (part: RenewableHold): Promise<Settled> => {
    const units = part.entries.map((entry) => used.get(entry)!)
    const settled = await settleHold(context, part, units, deadlineMs)
    for (const [i, entry] of part.entries.entries()) excess.set(entry, settled.excess[i]!)
    return settled
  }
  const settled = await Promise.all(partsOf(context, hold).map(settlePart))
  const late = settled.some((part) => part.late)
  return { first: settled.every(({ first }) => first), excess: [...excess.values()], ...(late && { late }) }
}

/** Prolongs a hold in each slot. @returns whether all of it could be prolonged */
export async function renewAcrossSlots(context: StoreContext, hold: RenewableHold, deadlineMs: number): Promise<boolean> {
  const times = await Promise.all(partsOf(context, hold).map((part) => renewHold(context, part, deadlineMs)))
  const renewedAt = Math.min(...times)
  if (renewedAt > 0) hold.renewedAt = renewedAt
  return renewedAt > 0
}
