/**
 * A limit whose buckets in memory are decided where they lie, on the numbers of a page: a greedy token bucket with nothing to it that
 * has to be asked per call but its key.
 */
import type { MemoryBuckets } from '../memory/memory-buckets.ts'
import type { MemoryTable } from '../memory/memory-table.ts'
import { bucketKind, type CountingRule, type SteadyRule } from '../rules/kind.ts'
import type { LimitFacts, Terms } from '../store.ts'
import type { CompiledLimit } from './policy.ts'

/** A plain limit of one policy on one store, with what each decision would have to work out again. */
export interface PlainLimit<C> {
  readonly facts: LimitFacts
  readonly by: (subject: C) => unknown
  readonly table: MemoryTable
  readonly terms: Terms
  readonly rule: SteadyRule
  readonly cost: number
  /** The cost, and the capacity, in scaled units. */
  readonly price: number
  readonly full: number
  /** The most that may be used already where the cost can be paid, in scaled units. */
  readonly spare: number
  /** Scaled units that come back in a millisecond. */
  readonly ratePerMs: number
  /** Used units from which the limit is near. */
  readonly nearFrom: number
  /** Which bucket was found last, or -1; what a call does between finding and answering nobody can interrupt. */
  slot: number
  /** The two numbers of the bucket that has paid last, from before it did. */
  readonly before: Float64Array
}

/** The limit as a plain one; `undefined` where it is not. */
export function plainLimit<C>(
  { facts, definition, fixedRule, termsOf }: CompiledLimit<C>,
  buckets: MemoryBuckets,
): PlainLimit<C> | undefined {
  const { by, when, cost = 1 } = definition
  if (fixedRule === undefined || when !== undefined || facts.shadow || !isSteady(fixedRule)) return undefined
  const { capacity, scale, rate } = fixedRule
  const terms = termsOf(fixedRule)
  if (terms.initial < capacity || typeof cost !== 'number' || cost === 0 || cost > capacity) return undefined
  const table = buckets.table(facts.name)
  const full = capacity * scale
  const price = cost * scale
  const numbers = { cost, price, full, spare: full - price, ratePerMs: rate * 1000, nearFrom: capacity * facts.nearAt }
  return { facts, by, table, terms, rule: fixedRule, ...numbers, slot: -1, before: new Float64Array(2) }
}

function isSteady(rule: CountingRule): rule is SteadyRule {
  return bucketKind(rule).isSteady?.(rule) === true
}
