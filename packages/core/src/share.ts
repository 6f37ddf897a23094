/** A share of another limit's rate, as an exact decimal fraction. */
import type { CountingRule } from './algorithm.ts'
import { SluiceError } from './errors.ts'
import { intern, type Rule } from './rule.ts'
import { type TokenBucketRule, tokenBucketOf } from './token-bucket-rule.ts'

/** A rule that follows another limit's rule, whatever that is at the moment. */
export interface ShareRule extends Rule {
  readonly kind: 'share'
  /** Name of the limit it is a share of. */
  readonly parent: string
  /** The fraction, in lowest decimal terms. */
  readonly numerator: number
  readonly denominator: number
}

/**
 * A fraction of the rate of another limit in the same list: the exact decimal fraction of its refill, its capacity rounded down,
 * to at least 1.
 * @param parent - a limit further out (earlier in the list), or its name
 * @param ratio - above 0, at most 1, at most 9 decimals
 * @throws SluiceError `SLUICE_RATIO`, `SLUICE_OPTION_TYPE`
 */
export function shareOf(parent: string | { readonly name: string }, ratio: number): ShareRule {
  const name = typeof parent === 'string' ? parent : parent?.name
  if (typeof name !== 'string') throw new SluiceError('SLUICE_OPTION_TYPE', { option: 'shareOf(parent)', wanted: 'a limit or its name', value: parent })
  const { numerator, denominator } = decimalFraction(ratio)
  return intern(`share ${numerator}/${denominator} ${name}`, () => ({ kind: 'share', parent: name, numerator, denominator }))
}

function decimalFraction(ratio: number): { numerator: number; denominator: number } {
  const denominator = 1e9
  const numerator = Math.round(ratio * denominator)
  if (typeof ratio !== 'number' || !(ratio > 0 && ratio <= 1) || numerator / denominator !== ratio) throw new SluiceError('SLUICE_RATIO', { option: 'ratio', value: ratio })
  let places = 1
  while (places < denominator && (numerator * places) % denominator !== 0) places *= 10
  return { numerator: (numerator * places) / denominator, denominator: places }
}

/** Whether a rule is a share and needs its parent's rule to mean anything. */
export function isShare(rule: Rule): rule is ShareRule {
  return rule.kind === 'share'
}

const resolved = new WeakMap<CountingRule, Map<ShareRule, CountingRule>>()

/** What a share means while its parent has this rule. Remembered by parent, so that a call costs two look-ups. */
export function resolveShare(share: ShareRule, parent: CountingRule): CountingRule {
  let shares = resolved.get(parent)
  if (shares === undefined) resolved.set(parent, (shares = new Map<ShareRule, CountingRule>()))
  let rule = shares.get(share)
  if (rule === undefined) shares.set(share, (rule = fractionOf(parent as TokenBucketRule, share)))
  return rule
}

function fractionOf(parent: TokenBucketRule, { numerator, denominator }: ShareRule): CountingRule {
  const capacity = Math.max(1, Number((BigInt(parent.capacity) * BigInt(numerator)) / BigInt(denominator)))
  const rate = { units: BigInt(parent.rate) * BigInt(numerator), ticks: BigInt(parent.scale) * BigInt(denominator) }
  return tokenBucketOf({ mode: parent.mode, capacity, refill: (parent.refill * numerator) / denominator, perMs: parent.perMs }, rate)
}
