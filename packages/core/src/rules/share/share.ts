/** A share of another limit's rate, as an exact decimal fraction. */
import { SLUICE_OPTION_TYPE, SLUICE_RATIO } from '../../errors.ts'
import { type CountingRule, intern, type Part, type Rule, ruleKind } from '../../kind.ts'
import type { Limit } from '../../limit.ts'
import { aboutLimit, SluiceError } from '../../sluice-error.ts'
import { markVersion } from '../../version.ts'

/** Where a share carries what it makes of the rule of its parent; see `ruleKind`. */
export const shareKind: unique symbol = Symbol.for('sluice.share-kind')

/** What shares differ in. */
export interface ShareKind {
  /**
   * The rule of a share while its parent has this rule.
   * @param name - of the limit that is a share, for errors
   */
  ruleFrom(share: ShareRule, parent: CountingRule, name: string): CountingRule
  /** Whether the share costs what its parent is charged, and has no cost of its own. @default false */
  readonly besideParent?: boolean
  /** Checks a limit with such a share among all limits, at start-up. */
  check?<C>(limit: Limit<C>, limits: readonly Limit<C>[]): void
}

/** A rule that follows another limit's rule, whatever that is at the moment. */
export interface ShareRule extends Rule, Part {
  readonly kind: 'share'
  /** Name of the limit it is a share of. */
  readonly parent: string
  /** Whether it is what a key can always have of its parent, in place of the most that it can have. */
  readonly guaranteed: boolean
  readonly [shareKind]: ShareKind
}

/**
 * A fraction of the rate of another limit in the same list, whatever its kind: the exact decimal fraction of its refill. Its capacity
 * (slots, or what a sliding window holds) is rounded down, to at least 1.
 * @param parent - a limit further out (earlier in the list), or its name
 * @param ratio - above 0, at most 1, at most 9 decimals; with 0.25 of `tokenBucket({ capacity: 10, per: '1s' })` a share holds 2 units, and
 *   gets 2.5 units a second
 * @throws SluiceError `SLUICE_RATIO`, `SLUICE_OPTION_TYPE`
 * @example
 * ```ts
 * const app = { name: 'app', by: (call: Call) => call.app, rule: tokenBucket({ capacity: 100, per: '1s' }) }
 * const seller = { name: 'seller', by: (call: Call) => [call.app, call.seller], rule: shareOf(app, 0.2) }
 * ```
 */
export function shareOf(parent: string | { readonly name: string }, ratio: number, ...others: never[]): ShareRule {
  const [options] = others as readonly unknown[]
  if (options !== undefined) {
    const wanted = 'left out (guaranteedShareOf(parent, ratio) guarantees a share)'
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'The third argument of shareOf', wanted, value: options })
  }
  return shareRule(mostOfParent, parent, ratio, 'shareOf')
}

/** The most that a key can have of its parent. */
const mostOfParent: ShareKind = { ruleFrom: (share, parent) => parent[ruleKind].part(parent, share) }

/** The share of a kind. @param factory - the function that was called, for errors */
export function shareRule(kind: ShareKind, parent: string | { readonly name: string }, ratio: number, factory: string): ShareRule {
  // A function has a name, too.
  const name: unknown = typeof parent === 'object' ? parent?.name : parent
  if (typeof name !== 'string' || name === '')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: `${factory}(parent)`, wanted: 'a limit or its name', value: parent })
  const { numerator, denominator } = decimalFraction(ratio)
  return intern(`${factory} ${numerator}/${denominator} ${name}`, () => {
    const rule = { kind: 'share', parent: name, numerator, denominator, guaranteed: kind.besideParent === true } as const
    return Object.defineProperty(markVersion(rule), shareKind, { value: kind }) as typeof rule & { readonly [shareKind]: ShareKind }
  })
}

function decimalFraction(ratio: number): { numerator: number; denominator: number } {
  const finest = 1e9
  const parts = typeof ratio === 'number' ? Math.round(ratio * finest) : Number.NaN
  if (!(parts > 0 && parts <= finest) || parts / finest !== ratio) throw new SluiceError(SLUICE_RATIO, { option: 'ratio', value: ratio })
  let denominator = 1
  while ((parts * denominator) % finest !== 0) denominator *= 10
  return { numerator: (parts * denominator) / finest, denominator }
}

/** Whether a rule is a share and needs its parent's rule to mean anything. A copy of a share is none. */
export function isShare(rule: unknown): rule is ShareRule {
  return typeof rule === 'object' && rule !== null && shareKind in rule
}

/** The share that is the rule of a limit, if it is one. */
export function shareIn<C>(limit: Limit<C> | undefined): ShareRule | undefined {
  const rule: unknown = limit?.rule
  return isShare(rule) ? rule : undefined
}

const resolved = new WeakMap<CountingRule, WeakMap<ShareRule, CountingRule>>()

/**
 * The rule of a share while its parent has this rule. Remembered by parent, so that a call costs two look-ups.
 * @param name - of the limit that is a share, for the error
 * @throws SluiceError `SLUICE_GUARANTEE_PARENT` if a part of such a rule cannot be guaranteed
 */
export function resolveShare(share: ShareRule, parent: CountingRule, name: string): CountingRule {
  const shares = resolved.get(parent) ?? new WeakMap<ShareRule, CountingRule>()
  const known = shares.get(share)
  if (known !== undefined) return known
  const rule = share[shareKind].ruleFrom(share, parent, name)
  shares.set(share, rule)
  resolved.set(parent, shares)
  return rule
}

/**
 * Checks the shares in a list of limits, and resolves those whose parent has the same rule in every call. So an impossible share is an
 * error at start-up.
 * @param limits - each with its parent before it
 * @returns the rule by limit name; `undefined` where it may differ from call to call
 * @throws SluiceError `SLUICE_GUARANTEE_OPTION`, `SLUICE_GUARANTEE_PARENT`, `SLUICE_GUARANTEE_SUM`, `SLUICE_RULE_TOO_LARGE`
 */
export function resolveFixedShares<C>(limits: readonly Limit<C>[]): ReadonlyMap<string, CountingRule | undefined> {
  const rules = new Map<string, CountingRule | undefined>()
  for (const limit of limits) {
    const share = shareIn(limit)
    aboutLimit(limit.name, 'rule', () => share?.[shareKind].check?.(limit, limits))
    const parent = share === undefined ? undefined : rules.get(share.parent)
    const own = typeof limit.rule === 'object' && share === undefined ? (limit.rule as CountingRule) : undefined
    const resolved = (): CountingRule | undefined => (parent === undefined ? own : resolveShare(share!, parent, limit.name))
    rules.set(limit.name, aboutLimit(limit.name, 'rule', resolved))
  }
  return rules
}
