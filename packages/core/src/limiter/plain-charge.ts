/**
 * Charging a bucket where it lies.
 *
 * The steps are those of `token-bucket.ts` and `status.ts`, without the records that carry a state from one to the next and with the
 * waits in milliseconds at once. Random histories hold the two alike (`short-way.history.test.ts`).
 */
import type { Micros } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import type { MemoryBuckets } from '../memory/memory-buckets.ts'
import { epochIn, type Page, placeOf, termsAt } from '../memory/memory-page.ts'
import type { MemoryCharge, MemoryHold } from '../memory/memory-settling.ts'
import { ceilDiv, floorDiv } from '../rules/whole-number.ts'
import type { PlainLimit } from './plain-limit.ts'

/**
 * Lets the bucket of a key pay the cost of its limit, and says how it stands then; `undefined` where it cannot pay, and was found, or has
 * to be decided elsewhere, and was not.
 *
 * Finding, deciding and charging are one function, and what is refused is left to another: the compiler puts so many bytes of code into
 * a caller and no more, and each call that it does not take apart costs a number on the heap. Look at `bench decide` before you part it.
 */
export function pay<C>(limit: PlainLimit<C>, key: string, buckets: MemoryBuckets, now: Micros): LimitStatus | undefined {
  const { table, facts, rule, full, ratePerMs } = limit
  const { capacity, scale } = rule
  limit.slot = -1
  const slot = table.find(key)
  if (slot < 0) return undefined
  const page = table.pageOf(slot)
  const at = placeOf(slot)
  const { numbers } = page
  const last = numbers[at * 2 + 1]!
  if (now < last || !isPlain(page, at, limit) || buckets.blockedFor(facts.name, key, now) !== 0) return undefined
  const used = numbers[at * 2]!
  const usedNow = Math.max(0, used - rule.rate * (now - last))
  limit.slot = slot
  if (usedNow > limit.spare) return undefined
  limit.before[0] = used
  limit.before[1] = last
  const charged = usedNow + limit.price
  numbers[at * 2] = charged
  numbers[at * 2 + 1] = now
  const free = full - charged
  const remaining = floorDiv(free, scale)
  return {
    name: facts.name,
    allowed: true,
    shadow: false,
    near: capacity - remaining >= limit.nearFrom,
    capacity,
    cost: limit.cost,
    remaining,
    retryAfterMs: 0,
    replenishAfterMs: ceilDiv((remaining + 1) * scale - free, ratePerMs),
    resetAfterMs: ceilDiv(charged, ratePerMs),
    rule,
    disclose: facts.disclose,
    parent: facts.parent,
  }
}

/** Puts a bucket back to what it was before it paid. */
export function takeBack<C>({ table, slot, before }: PlainLimit<C>): void {
  const { numbers } = table.pageOf(slot)
  numbers.set(before, placeOf(slot) * 2)
}

/** Finds the bucket of a key that is not asked to pay; false where it has to be decided elsewhere. */
export function find<C>(limit: PlainLimit<C>, key: string, buckets: MemoryBuckets, now: Micros): boolean {
  const { table, facts } = limit
  const slot = table.find(key)
  if (slot < 0) return false
  const page = table.pageOf(slot)
  const at = placeOf(slot)
  limit.slot = slot
  return now >= page.numbers[at * 2 + 1]! && isPlain(page, at, limit) && buckets.blockedFor(facts.name, key, now) === 0
}

/** How the bucket stands that was found last, and does not pay, because it or another cannot. */
export function standing<C>(limit: PlainLimit<C>, now: Micros): LimitStatus {
  const { table, facts, rule, slot, full, ratePerMs } = limit
  const { capacity, scale } = rule
  const { numbers } = table.pageOf(slot)
  const at = placeOf(slot) * 2
  const used = Math.max(0, numbers[at]! - rule.rate * (now - numbers[at + 1]!))
  const free = full - used
  const remaining = free <= 0 ? 0 : floorDiv(free, scale)
  const lacks = limit.price - free
  return {
    name: facts.name,
    allowed: lacks <= 0,
    shadow: false,
    near: capacity - remaining >= limit.nearFrom,
    capacity,
    cost: limit.cost,
    remaining,
    retryAfterMs: lacks <= 0 ? 0 : ceilDiv(lacks, ratePerMs),
    replenishAfterMs: used === 0 ? 0 : ceilDiv((remaining + 1) * scale - free, ratePerMs),
    resetAfterMs: ceilDiv(used, ratePerMs),
    rule,
    disclose: facts.disclose,
    parent: facts.parent,
  }
}

/** Whether a bucket is under the terms of the limit, and nothing is to be remembered of it but its numbers. */
function isPlain<C>(page: Page, at: number, { terms }: PlainLimit<C>): boolean {
  return termsAt(page, at) === terms && epochIn(page, at) === 0 && page.uncapped?.has(at) !== true
}

/** What limits hold that have just paid, each from the bucket of its key. */
export function plainHold<C>(limits: readonly PlainLimit<C>[], keys: readonly string[], buckets: MemoryBuckets, now: Micros): MemoryHold {
  const entries = new Array<MemoryCharge>(limits.length)
  for (let i = 0; i < limits.length; i++) {
    const { facts, terms, cost } = limits[i]!
    const key = keys[i]!
    entries[i] = { limit: facts, key, bucket: key, terms, units: cost, at: now }
  }
  return { id: '', entries, openIn: buckets.generation() }
}
