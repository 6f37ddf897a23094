/** Guarantees' numbers: how much of each period of its parent a child can have whatever the other children ask for. */
import type { CountingRule } from '../rules/algorithm.ts'
import type { BurstMaxRule } from '../rules/burst-max-rule.ts'
import { type Part, partOfCapacity, partOfRefill } from '../rules/part.ts'
import { intern, type Rule } from '../rules/rule.ts'
import { type TokenBucketRule, tokenBucketOf } from '../rules/token-bucket-rule.ts'

/** A guaranteed share, as the stores use it. Callers are told the guarantee; what a child gets beyond it is nobody's promise. */
export interface GuaranteedRule extends Rule {
  readonly kind: 'guaranteed'
  /** The guarantee: units of each period. */
  readonly capacity: number
  /** The same: all of it comes back with the next period. */
  readonly refill: number
  readonly perMs: number
  /** Units are counted as they are. */
  readonly scale: 1
  /** The period in microseconds, that of the parent, aligned to the epoch. */
  readonly periodUs: number
}

/** Whether a rule is a guaranteed share, which is decided beside its parent. */
export function isGuaranteed(rule: Rule): rule is GuaranteedRule {
  return rule.kind === 'guaranteed'
}

/** Rules whose units come back at whole periods since the epoch, the same for everybody: what guarantees can be counted in. */
type AlignedRule = TokenBucketRule | BurstMaxRule

function isAligned(rule: CountingRule): rule is AlignedRule {
  return rule.kind === 'burst-max' || (rule.kind === 'token-bucket' && (rule as TokenBucketRule).mode === 'interval')
}

/**
 * A guaranteed part of what a period of the parent always brings, rounded down, to at least 1; `undefined` of a parent without aligned
 * periods. A burst is not part of it, since nobody can have one in every period.
 */
export function guaranteedPart(parent: CountingRule, part: Part): GuaranteedRule | undefined {
  if (!isAligned(parent)) return undefined
  const { capacity, rate, scale, perMs } = parent
  const refill = (BigInt(rate) * BigInt(part.numerator)) / (BigInt(scale) * BigInt(part.denominator))
  return guaranteedOf(Math.max(1, Math.min(Number(refill), partOfCapacity(capacity, part))), perMs)
}

function guaranteedOf(guarantee: number, perMs: number): GuaranteedRule {
  return intern(`guaranteed ${guarantee}/${perMs}`, () => ({
    kind: 'guaranteed',
    capacity: guarantee,
    refill: guarantee,
    perMs,
    scale: 1,
    periodUs: perMs * 1000,
  }))
}

/** What one of several processes guarantees by itself: a part of the guarantee, of its part of the parent. */
export function guaranteedApart({ capacity, perMs }: GuaranteedRule, part: Part): GuaranteedRule {
  return guaranteedOf(partOfCapacity(capacity, part), perMs)
}

/** A plain share of a guaranteed one: of what that can always have, and of nothing that it may borrow. */
export function partOfGuarantee({ capacity, refill, perMs }: GuaranteedRule, part: Part): TokenBucketRule {
  const rate = { units: BigInt(capacity) * BigInt(part.numerator), ticks: BigInt(part.denominator) }
  return tokenBucketOf({ mode: 'interval', capacity: partOfCapacity(capacity, part), refill: partOfRefill(refill, part), perMs }, rate)
}
