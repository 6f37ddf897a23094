/** Guaranteed shares as a kind of rule: how they follow from the rule of their parent, and how stores decide them. */

import { type BucketKind, bucketKind, type CountingRule, intern, type Part, ruleOf } from '../../kind.ts'
import { partOfCapacity, partOfRefill } from '../rate.ts'
import { type TokenBucketRule, tokenBucketOf } from '../token-bucket/token-bucket.ts'
import { type GuaranteedRule, guaranteedDecider } from './guaranteed.ts'
import { guaranteedCharges } from './guaranteed-charges.ts'

/** Rules whose units come back at whole periods since the epoch, the same for every key: what guarantees can be counted in. */
interface AlignedRule extends CountingRule {
  readonly rate: number
  readonly perMs: number
}

function isAligned(rule: CountingRule): rule is AlignedRule {
  return bucketKind(rule).isAligned?.(rule) === true
}

/**
 * A guaranteed part of what a period of the parent always brings, rounded down, to at least 1; `undefined` of a parent without aligned
 * periods. A burst is not part of it, since no key can have one in every period.
 */
export function guaranteedPart(parent: CountingRule, part: Part): GuaranteedRule | undefined {
  if (!isAligned(parent)) return undefined
  const { capacity, rate, scale, perMs } = parent
  const refill = (BigInt(rate) * BigInt(part.numerator)) / (BigInt(scale) * BigInt(part.denominator))
  const least = Math.min(1, capacity)
  return guaranteedOf(Math.max(least, Math.min(Number(refill), partOfCapacity(capacity, part))), perMs)
}

/** The rule for parsed numbers. */
function guaranteedOf(guarantee: number, perMs: number): GuaranteedRule {
  return intern(`guaranteed ${guarantee}/${perMs}`, () =>
    ruleOf(guaranteedKind, { capacity: guarantee, refill: guarantee, perMs, scale: 1, periodUs: perMs * 1000 }),
  )
}

/** A plain share of a guaranteed one: of what that can always have, and of nothing that it may borrow. */
function partOfGuarantee({ capacity, refill, perMs }: GuaranteedRule, part: Part): TokenBucketRule {
  const rate = { units: BigInt(capacity) * BigInt(part.numerator), ticks: BigInt(part.denominator) }
  return tokenBucketOf({ mode: 'interval', capacity: partOfCapacity(capacity, part), refill: partOfRefill(refill, part), perMs }, rate)
}

/** Guaranteed shares, as limiters and stores use them. */
export const guaranteedKind: BucketKind<GuaranteedRule> = {
  name: 'guaranteed',
  part: partOfGuarantee,
  // A part of the guarantee, of this process's part of the parent.
  localPart: ({ capacity, perMs }, part) => guaranteedOf(partOfCapacity(capacity, part), perMs),
  besideParent: true,
  memory: guaranteedCharges,
  ...guaranteedDecider,
}
