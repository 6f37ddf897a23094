/**
 * Deciding a call whose buckets lie in several slots of a Cluster: charged slot by slot, and taken back if a later one refuses.
 *
 * Never more passes than every limit admits, for everything is charged before anything passes. But it is no atomic step: a call on its
 * way may hold units for which others are refused, and a process that dies on the way leaves them charged.
 */
import type { Call, Charge, Hold, LimitStatus, Settled, Verdict } from '@sluice/core'
import { mayGrow, mostLeft, paying } from '@sluice/core/internal'
import type { Means } from './means.ts'
import { apart } from './places.ts'
import { partsThatFit } from './script-work.ts'
import { type RedisHold, renewHold, settleHold } from './settle.ts'
import { joinedId, partIds } from './settlement-id.ts'

/** Decides what one script can reach. */
export type DecideHere = (call: Call, deadlineMs: number) => Promise<Verdict>

const nothing = { undone: [], hold: null, decidedBy: 'store' } as const

export async function decideApart(means: Means, decideHere: DecideHere, call: Call, deadlineMs: number): Promise<Verdict> {
  if (mayGrow(call)) return decideUpTo(means, decideHere, call, deadlineMs)
  if (call.action === 'peek') {
    const limits = await look(means, decideHere, call, deadlineMs)
    return { ...nothing, allowed: limits.every((status) => status.allowed || status.shadow), limits }
  }
  const held: Hold[] = []
  const statuses = new Map<Charge, LimitStatus>()
  const takeAllBack = (): Promise<unknown> => Promise.all(held.map((hold) => takeBack(means, hold, deadlineMs)))
  for (const charges of apart(means, call.charges)) {
    const verdict = await decideHere(chargeable(call, charges), deadlineMs).catch(async (error: unknown) => {
      await takeAllBack()
      throw error
    })
    if (verdict.hold === null) {
      await takeAllBack()
      return { ...nothing, allowed: false, limits: await look(means, decideHere, call, deadlineMs) }
    }
    held.push(verdict.hold)
    for (const [i, charge] of charges.entries()) statuses.set(charge, verdict.limits[i]!)
  }
  const hold = call.action === 'reserve' ? joined(held) : null
  return { ...nothing, allowed: true, limits: call.charges.map((charge) => statuses.get(charge)!), hold }
}

/** One hold of the holds of all places. */
function joined(held: readonly Hold[]): Hold {
  const holding = held.filter(({ entries }) => entries.length > 0)
  return { id: joinedId((holding.length > 0 ? holding : held).map(({ id }) => id)), entries: held.flatMap(({ entries }) => entries) }
}

/** A hold of each place that a hold lies in. */
function partsOf(means: Means, { id, entries, renewedAt = 0 }: RedisHold): RedisHold[] {
  const ids = partIds(id)
  return apart(means, entries).map((part, i) => ({ id: ids[i] ?? ids[0]!, entries: part, renewedAt }))
}

/** Looks first, and takes what there was then. Where others have taken of it in the meantime, the least is still tried. */
async function decideUpTo(means: Means, decideHere: DecideHere, call: Call, deadlineMs: number): Promise<Verdict> {
  const fixed = (units: number): Call => ({ ...call, charges: paying(call.charges, units).map(({ upTo: _, ...charge }) => charge) })
  const least = call.charges.find(({ upTo }) => upTo !== undefined)!.cost
  const most = mostLeft(call.charges, await look(means, decideHere, call, deadlineMs))
  const verdict = most > least ? await decideApart(means, decideHere, fixed(most), deadlineMs) : undefined
  return verdict?.allowed ? verdict : decideApart(means, decideHere, fixed(least), deadlineMs)
}

/** A reservation in any case, so that it can be taken back; a consumption pays at once even where a reservation would not. */
function chargeable(call: Call, charges: readonly Charge[]): Call {
  const atOnce = (charge: Charge): Charge => ({ ...charge, limit: { ...charge.limit, debit: 'before' } })
  return { ...call, action: 'reserve', charges: call.action === 'consume' ? charges.map(atOnce) : charges, undo: [] }
}

/** Gives back all of a hold, soon where Redis does not confirm it now. */
async function takeBack(means: Means, hold: Hold, deadlineMs: number): Promise<void> {
  const nothingUsed = hold.entries.map(() => 0)
  await settleHold(means, hold, nothingUsed, deadlineMs).catch(() => means.giveBackLater(hold))
}

/** How the buckets of a call stand, wherever they lie. */
async function look(means: Means, decideHere: DecideHere, { charges, migrate }: Call, deadlineMs: number): Promise<LimitStatus[]> {
  const statuses = new Map<Charge, LimitStatus>()
  const ask = async (part: readonly Charge[]): Promise<void> => {
    const { limits } = await decideHere({ action: 'peek', charges: part, undo: [], migrate }, deadlineMs)
    for (const [i, charge] of part.entries()) statuses.set(charge, limits[i]!)
  }
  await Promise.all(apart(means, charges).flatMap(partsThatFit).map(ask))
  return charges.map((charge) => statuses.get(charge)!)
}

/** Settles a hold wherever its buckets lie, once in each slot. */
export async function settleApart(means: Means, hold: Hold, actual: readonly number[], deadlineMs: number): Promise<Settled> {
  const used = new Map(hold.entries.map((entry, i) => [entry, actual[i] ?? entry.units]))
  const excess = new Map(hold.entries.map((entry) => [entry, 0]))
  const settleHere = async (part: RedisHold): Promise<Settled> => {
    const units = part.entries.map((entry) => used.get(entry)!)
    const settled = await settleHold(means, part, units, deadlineMs)
    for (const [i, entry] of part.entries.entries()) excess.set(entry, settled.excess[i]!)
    return settled
  }
  const settled = await Promise.all(partsOf(means, hold).map(settleHere))
  const late = settled.some((part) => part.late)
  return { first: settled.every(({ first }) => first), excess: [...excess.values()], ...(late && { late }) }
}

/** Prolongs a hold wherever its buckets and slots lie. @returns whether all of it could be */
export async function renewApart(means: Means, hold: RedisHold, deadlineMs: number): Promise<boolean> {
  const times = await Promise.all(partsOf(means, hold).map((part) => renewHold(means, part, deadlineMs)))
  const renewedAt = Math.min(...times)
  if (renewedAt > 0) hold.renewedAt = renewedAt
  return renewedAt > 0
}
