/** The terms under which stores keep the records of guarantees. */
import { type PoolRule, poolRule } from '../rules/guarantee-pool.ts'
import type { GuaranteedRule } from '../rules/guaranteed-rule.ts'
import type { Terms } from '../store.ts'

const terms = new WeakMap<PoolRule, Terms>()

/** The terms of the record of a parent whose children are guaranteed parts of such a period. */
export function poolTerms(guaranteed: GuaranteedRule): Terms {
  const rule = poolRule(guaranteed)
  const known = terms.get(rule)
  if (known !== undefined) return known
  const made = Object.freeze({ rule, initial: 0, version: 0 })
  terms.set(rule, made)
  return made
}
