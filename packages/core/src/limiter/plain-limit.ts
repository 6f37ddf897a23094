/**
 * A limit whose buckets in memory are decided where they lie, on the numbers of a page: a greedy token bucket with nothing to it that
 * has to be asked per call but its key.
 *
 * The steps are those of `token-bucket.ts` and `status.ts`, without the records that carry a state from one to the next and with the
 * waits in milliseconds at once. Random histories hold the two alike (`short-way.history.test.ts`).
 */
import type { Micros } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import type { MemoryBuckets } from '../memory/memory-buckets.ts'
import type { MemoryCharge, MemoryHold } from '../memory/memory-store.ts'
import { type MemoryTable, placeOf, termsAt } from '../memory/memory-table.ts'
import type { TokenBucketRule } from '../rules/token-bucket-rule.ts'
import { ceilDiv, floorDiv } from '../rules/whole-number.ts'
import type { LimitFacts, Terms } from '../store.ts'
import type { CompiledLimit } from './policy.ts'

/** A plain limit of one policy on one store, with what each decision would have to work out again. */
export interface PlainLimit<C> {
  readonly facts: LimitFacts
  readonly by: (subject: C) => unknown
  readonly table: MemoryTable
  readonly terms: Terms
  readonly rule: TokenBucketRule
  readonly cost: number
  /** The cost, and the capacity, in scaled units. */
  readonly price: number
  readonly full: number
  /** Scaled units that come back in a millisecond. */
  readonly ratePerMs: number
  /** Used units from which the limit is near. */
  readonly nearFrom: number
  /** Where the bucket of the call in hand is; nothing comes between finding and charging. */
  slot: number
}

/** The limit as a plain one; `undefined` where it is not. */
export function plainLimit<C>(
  { facts, definition, fixedRule, termsOf }: CompiledLimit<C>,
  buckets: MemoryBuckets,
): PlainLimit<C> | undefined {
  const { by, when, cost = 1 } = definition
  if (fixedRule === undefined || when !== undefined || facts.shadow || !isGreedy(fixedRule)) return undefined
  const { capacity, scale, rate } = fixedRule
  const terms = termsOf(fixedRule)
  if (terms.initial < capacity || typeof cost !== 'number' || cost === 0 || cost > capacity) return undefined
  const table = buckets.table(facts.name)
  const numbers = { cost, price: cost * scale, full: capacity * scale, ratePerMs: rate * 1000, nearFrom: capacity * facts.nearAt }
  return { facts, by, table, terms, rule: fixedRule, ...numbers, slot: -1 }
}

function isGreedy(rule: { readonly kind: string }): rule is TokenBucketRule {
  return rule.kind === 'token-bucket' && (rule as TokenBucketRule).mode === 'greedy'
}

/**
 * The slot of a key, or -1 where its bucket has to be decided elsewhere: absent, blocked, under other terms, ahead of the clock, or with more
 * to remember than its numbers since its rule changed.
 */
export function plainSlot<C>({ table, facts, terms }: PlainLimit<C>, key: string, buckets: MemoryBuckets, now: Micros): number {
  const slot = table.find(key)
  if (slot < 0) return -1
  const page = table.pageOf(slot)
  const at = placeOf(slot)
  const isPlain = termsAt(page, at) === terms && now >= page.numbers[at * 2 + 1]! && page.unforgiven?.has(at) !== true
  return isPlain && buckets.blockedFor(facts.name, key, now) === 0 ? slot : -1
}

/** Whether a bucket can pay the cost of its limit. */
export function canPay<C>({ table, rule, full, price }: PlainLimit<C>, slot: number, now: Micros): boolean {
  const { numbers } = table.pageOf(slot)
  const at = placeOf(slot) * 2
  return price <= full - Math.max(0, numbers[at]! - rule.rate * (now - numbers[at + 1]!))
}

/** Lets a bucket pay the cost of its limit, if it may and can, and says how it stands. */
export function pay<C>(limit: PlainLimit<C>, slot: number, now: Micros, may: boolean): LimitStatus {
  const { table, facts, rule, cost, full, price, ratePerMs, nearFrom } = limit
  const { capacity, scale } = rule
  const { numbers } = table.pageOf(slot)
  const at = placeOf(slot) * 2
  let used = Math.max(0, numbers[at]! - rule.rate * (now - numbers[at + 1]!))
  const admits = price <= full - used
  if (may && admits) {
    used += price
    numbers[at] = used
    numbers[at + 1] = now
  }
  const free = full - used
  const remaining = free <= 0 ? 0 : floorDiv(free, scale)
  return {
    name: facts.name,
    allowed: admits,
    shadow: facts.shadow,
    near: capacity - remaining >= nearFrom,
    capacity,
    cost,
    remaining,
    retryAfterMs: admits ? 0 : ceilDiv(price - free, ratePerMs),
    replenishAfterMs: used === 0 ? 0 : ceilDiv((remaining + 1) * scale - free, ratePerMs),
    resetAfterMs: used === 0 ? 0 : ceilDiv(used, ratePerMs),
    rule,
    disclose: facts.disclose,
    parent: facts.parent,
  }
}

/** What limits hold that have just paid, each from the bucket of its key. */
export function plainHold<C>(limits: readonly PlainLimit<C>[], keys: readonly string[], now: Micros): MemoryHold {
  const entries = new Array<MemoryCharge>(limits.length)
  for (let i = 0; i < limits.length; i++) {
    const { facts, terms, cost } = limits[i]!
    const key = keys[i]!
    entries[i] = { limit: facts, key, bucket: key, terms, units: cost, at: now }
  }
  return { id: '', entries, open: true }
}
