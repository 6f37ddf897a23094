/**
 * The fast path of a memory store: calls on steady rules, such as greedy token buckets, decided on the numbers of their pages.
 *
 * Nearly every call in memory asks such limits and no others. On the general path the records between charge, step and verdict take half a
 * kilobyte, and three times as long as the decision does. `bench decide` compares this path with a floor written by hand. What is out of
 * the ordinary is left to the general path, with every bucket unchanged. Random histories compare the two (`limiter.fast-path.history.test.ts`).
 */
import { type Clock, type Micros, microsOf } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import type { SteadyRule } from '../kind.ts'
import type { FastPath, FixedCharge, LimitFacts, Terms, Verdict } from '../store.ts'
import type { MemoryBuckets } from './memory-buckets.ts'
import type { MemoryCharge, MemoryHold } from './memory-charges.ts'
import { canDecideInPlace, startsFull } from './memory-sweep.ts'
import { isPlain, type MemoryTable, placeOf, writeTerms } from './memory-table.ts'

/** A limit of one policy on one store, with the numbers that each decision needs. */
interface FastLimit {
  readonly facts: LimitFacts
  readonly table: MemoryTable
  readonly terms: Terms
  readonly rule: SteadyRule
  readonly cost: number
  readonly scaledCost: number
  readonly scaledCapacity: number
  /** The most scaled units that may be used already where the cost can be paid. */
  readonly maxUsed: number
  /** Scaled units that come back in a millisecond. */
  readonly ratePerMs: number
  /** Used units from which the limit is near. */
  readonly nearFrom: number
  /** The bucket that the call at hand has found, or -1, and what it has used by now. Nothing interrupts a call that has begun to decide. */
  slot: number
  used: number
}

const noStatuses: readonly LimitStatus[] = Object.freeze([])

/** The limits of one policy on one store. */
interface FastPolicy {
  readonly limits: readonly FastLimit[]
  readonly buckets: MemoryBuckets
  readonly clock: Clock
  /** Whether a refusal also counts as a strike against the key: the general path does that. */
  readonly bans: boolean
}

/** The fast path of these charges; `undefined` where a limit needs the general path for every call. */
export function memoryFastPath(buckets: MemoryBuckets, clock: Clock, charges: readonly FixedCharge[]): FastPath | undefined {
  const limits = charges.flatMap((charge) => fastLimit(buckets, charge) ?? [])
  if (limits.length < charges.length) return undefined
  const policy = { limits, buckets, clock, bans: limits.some(({ facts }) => facts.ban !== undefined) }
  const decide = limits.length === 1 ? deciderOfOne(policy) : deciderOfAll(policy)
  const debitsAfter = limits.some(({ facts }) => facts.debit === 'after')
  return { decide: debitsAfter ? (keys, action) => (action === 'reserve' ? undefined : decide(keys, action)) : decide }
}

/** Decides one limit. It is a function of its own, which takes a tenth less time than the one for several limits (`bench decide`). */
function deciderOfOne({ limits, buckets, clock, bans }: FastPolicy): FastPath['decide'] {
  const { tally } = buckets
  const limit = limits[0]!
  const { table } = limit

  return (keys, action) => {
    const now = microsOf(clock)
    if (tally.due > 0 || tally.buckets >= tally.maxBuckets) buckets.sweepDue(now)
    const key = keys[0]!
    if (isBlocked(limit, key, buckets, now)) return undefined
    let slot = table.find(key)
    if (slot < 0) {
      if (!mayInsert(limit, buckets, 1)) return undefined
      // It is full, and so it pays.
      slot = insert(limit, key, buckets)
    }
    const page = table.pageOf(slot)
    const at = placeOf(slot)
    const last = page.numbers[at * 2 + 1]!
    if (now < last || !isPlain(page, at, limit.terms)) return undefined
    const used = Math.max(0, page.numbers[at * 2]! - limit.rule.rate * (now - last))
    if (used > limit.maxUsed) return bans ? undefined : refusal([statusOf(limit, used, false)])
    const charged = used + limit.scaledCost
    page.numbers[at * 2] = charged
    page.numbers[at * 2 + 1] = now
    return admission([statusOf(limit, charged, true)], action === 'reserve' ? holdOf(limits, keys, buckets, now) : null)
  }
}

/** Decides several limits: finds all buckets first, then charges them. */
function deciderOfAll({ limits, buckets, clock, bans }: FastPolicy): FastPath['decide'] {
  const { tally } = buckets
  const count = limits.length

  return (keys, action) => {
    const now = microsOf(clock)
    if (tally.due > 0 || tally.buckets >= tally.maxBuckets) buckets.sweepDue(now)
    let allowed = true
    for (let i = 0; i < count; i++) {
      const limit = limits[i]!
      if (!findBucket(limit, keys[i]!, buckets, count, now)) return undefined
      if (limit.used > limit.maxUsed) allowed = false
    }
    if (!allowed) return bans ? undefined : refusal(limits.map((limit) => statusOf(limit, limit.used, limit.used <= limit.maxUsed)))
    const statuses = new Array<LimitStatus>(count)
    for (let i = 0; i < count; i++) {
      const limit = limits[i]!
      const slot = limit.slot < 0 ? insert(limit, keys[i]!, buckets) : limit.slot
      const { numbers } = limit.table.pageOf(slot)
      const charged = limit.used + limit.scaledCost
      numbers[placeOf(slot) * 2] = charged
      numbers[placeOf(slot) * 2 + 1] = now
      statuses[i] = statusOf(limit, charged, true)
    }
    return admission(statuses, action === 'reserve' ? holdOf(limits, keys, buckets, now) : null)
  }
}

/** Finds the bucket of a key, or that it has none. Returns false where the general path must decide. */
function findBucket(limit: FastLimit, key: string, buckets: MemoryBuckets, count: number, now: Micros): boolean {
  if (isBlocked(limit, key, buckets, now)) return false
  const { table } = limit
  const slot = table.find(key)
  limit.slot = slot
  limit.used = 0
  if (slot < 0) return mayInsert(limit, buckets, count)
  const page = table.pageOf(slot)
  const at = placeOf(slot)
  const last = page.numbers[at * 2 + 1]!
  if (now < last || !isPlain(page, at, limit.terms)) return false
  limit.used = Math.max(0, page.numbers[at * 2]! - limit.rule.rate * (now - last))
  return true
}

function isBlocked({ facts }: FastLimit, key: string, { blocks }: MemoryBuckets, now: Micros): boolean {
  return blocks.count > 0 && blocks.blockedFor(facts.name, key, now) > 0
}

/** Whether a key may have a new bucket: it must not share the overflow bucket, and there must be room for the buckets of the call. */
function mayInsert({ table }: FastLimit, { tally }: MemoryBuckets, count: number): boolean {
  return table.overflow < 0 && tally.buckets + count <= tally.maxBuckets
}

function admission(limits: readonly LimitStatus[], hold: MemoryHold | null): Verdict {
  return { allowed: true, limits, undone: noStatuses, hold, decidedBy: 'store' }
}

function refusal(limits: readonly LimitStatus[]): Verdict {
  return { allowed: false, limits, undone: noStatuses, hold: null, decidedBy: 'store' }
}

function fastLimit(buckets: MemoryBuckets, { limit, terms, cost }: FixedCharge): FastLimit | undefined {
  const { rule } = terms
  if (limit.shadow || !canDecideInPlace(rule) || !startsFull(terms) || cost === 0 || cost > rule.capacity) return undefined
  const { capacity, scale, rate } = rule
  const [scaledCost, scaledCapacity] = [cost * scale, capacity * scale]
  return {
    facts: limit,
    table: buckets.table(limit.name),
    terms,
    rule,
    cost,
    scaledCost,
    scaledCapacity,
    maxUsed: scaledCapacity - scaledCost,
    ratePerMs: rate * 1000,
    nearFrom: capacity * limit.nearAt,
    slot: -1,
    // A number with a fraction makes V8 keep the field as a double from the start.
    used: 0.5,
  }
}

/** A new bucket, which is full. */
function insert({ table, terms }: FastLimit, key: string, buckets: MemoryBuckets): number {
  const slot = buckets.insert(table, key)
  const page = table.pageOf(slot)
  writeTerms(page, placeOf(slot), terms)
  page.numbers[placeOf(slot) * 2] = 0
  page.numbers[placeOf(slot) * 2 + 1] = 0
  return slot
}

/** @param used - scaled units, with the cost where it was charged */
function statusOf(limit: FastLimit, used: number, allowed: boolean): LimitStatus {
  const { facts, rule, cost, scaledCost, scaledCapacity, ratePerMs, nearFrom } = limit
  const { capacity, scale } = rule
  const free = scaledCapacity - used
  // These divisions are exact: see `whole-number.ts`.
  const remaining = free <= 0 ? 0 : Math.floor(free / scale)
  return {
    name: facts.name,
    allowed,
    shadow: false,
    near: capacity - remaining >= nearFrom,
    capacity,
    cost,
    remaining,
    retryAfterMs: allowed ? 0 : Math.ceil((scaledCost - free) / ratePerMs),
    replenishAfterMs: used === 0 ? 0 : Math.ceil(((remaining + 1) * scale - free) / ratePerMs),
    resetAfterMs: Math.ceil(used / ratePerMs),
    rule,
    disclose: facts.disclose,
    parent: facts.parent,
  }
}

function holdOf(limits: readonly FastLimit[], keys: readonly string[], buckets: MemoryBuckets, now: Micros): MemoryHold {
  const entries = new Array<MemoryCharge>(limits.length)
  for (let i = 0; i < limits.length; i++) {
    const { facts, terms, cost } = limits[i]!
    const key = keys[i]!
    entries[i] = { limit: facts, key, bucket: key, terms, units: cost, at: now }
  }
  return { id: '', entries, openIn: buckets.generation() }
}
