/** How the rule of a kind is written for the scripts, and read again. */
import type { CountingRule, TokenBucketRule } from '@sluice/core'

/** A rule in parts. */
export interface RuleText {
  /** The letter of its kind, or `#`. */
  readonly letter: string
  readonly capacity: number
  /** What refills, of how many scaled units, in how many microseconds; or what the kind has in place of these. */
  readonly numbers: readonly [rate: number, scale: number, periodUs: number]
  /** What callers see of the rule and the scripts do not need. */
  readonly published: string
}

/** One kind of rule. Its file in Lua has the same name. */
export interface Kind<R extends CountingRule> {
  /** The name in the rule itself. */
  readonly kind: string
  /** Its letters in Lua, one for each mode. */
  readonly codes: readonly string[]
  /** Microseconds of an idle server that deciding one charge takes at most. @default 7.5 */
  workUs?(rule: R): number
  write(rule: R): RuleText
  read(text: RuleText): R
}

type PerPeriod = Pick<TokenBucketRule, 'capacity' | 'refill' | 'perMs' | 'rate' | 'scale' | 'periodUs'>

/** Writes a rule with a rate per period. Callers see the rate as a refill, which is left out if it is the capacity. */
export function writePerPeriod(letter: string, { capacity, refill, rate, scale, periodUs }: PerPeriod): RuleText {
  return { letter, capacity, numbers: [rate, scale, periodUs], published: refill === capacity ? '' : String(refill) }
}

export function readPerPeriod({ capacity, numbers: [rate, scale, periodUs], published }: RuleText): PerPeriod {
  return { capacity, refill: published === '' ? capacity : Number(published), perMs: periodUs / 1000, rate, scale, periodUs }
}
