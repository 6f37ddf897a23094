/** Guaranteed shares in a list of limits: the rule of each follows that of its parent, and their ratios must fit together. */
import { SLUICE_GUARANTEE_OPTION, SLUICE_GUARANTEE_PARENT, SLUICE_GUARANTEE_SUM } from '../../errors.ts'
import type { CountingRule } from '../../kind.ts'
import type { Limit } from '../../limit.ts'
import { SluiceError } from '../../sluice-error.ts'
import { type ShareKind, type ShareRule, shareIn, shareRule } from '../share/share.ts'
import { guaranteedPart } from './guaranteed-kind.ts'

/**
 * The least that a key can have of another limit in the same list, in place of the most. It is a fraction of what each period of the
 * parent brings, in whole units, at least 1.
 *
 * A key below its guarantee is refused only if the parent is exhausted. A key above it may take what is left after the unused active
 * guarantees of all other keys. A guarantee is active in the period in which its key asks, even in vain, and in the next period. What an
 * active guarantee does not use expires with the period. Guarantees that are not active go to the keys that ask. The capacity of the parent is
 * never exceeded.
 *
 * The ratio is that of one key. If the ratios of all active keys sum to more than 1, their guarantees are served first come. A key must
 * belong to one key of the parent, best by beginning with it. The share costs what its parent is charged. Statuses and headers show the
 * guarantee as capacity. A refusal's `retryAfterMs` ends with the period, or for a cost above the guarantee at most one period later, and
 * holds if no other key asks.
 * @param parent - a limit further out (earlier in the list), or its name. Its periods must be the same for every key: `fixedWindow` since
 *   the epoch, `tokenBucket` in interval mode, or `burstMax`
 * @param ratio - above 0, at most 1, at most 9 decimals; with 0.3 of `fixedWindow({ capacity: 10, per: '1s' })` the guarantee is 3 units a
 *   second
 * @throws SluiceError `SLUICE_RATIO`, `SLUICE_OPTION_TYPE`
 * @example
 * ```ts
 * const api = { name: 'api', by: everyone, rule: fixedWindow({ capacity: 1000, per: '1s' }) }
 * const app = { name: 'app', by: (call: Call) => call.app, rule: guaranteedShareOf(api, 0.1) }
 * ```
 */
export function guaranteedShareOf(parent: string | { readonly name: string }, ratio: number): ShareRule {
  return shareRule(leastOfParent, parent, ratio, 'guaranteedShareOf')
}

const leastOfParent: ShareKind = {
  besideParent: true,
  ruleFrom(share: ShareRule, parent: CountingRule, name: string): CountingRule {
    const rule = guaranteedPart(parent, share)
    if (rule === undefined) throw new SluiceError(SLUICE_GUARANTEE_PARENT, { name, parent: share.parent, value: parent.kind })
    return rule
  },
  check<C>(limit: Limit<C>, limits: readonly Limit<C>[]): void {
    checkOptions(limit, limit.rule as ShareRule)
    checkSum(limit, limits)
  },
}

/** What a guaranteed share takes from its parent, and cannot say itself. */
function checkOptions<C>(limit: Limit<C>, { parent }: ShareRule): void {
  for (const option of ['cost', 'debit', 'initial'] as const) {
    if (limit[option] !== undefined) throw new SluiceError(SLUICE_GUARANTEE_OPTION, { name: limit.name, parent, option })
  }
}

const whole = 1_000_000_000n

/**
 * The guarantees of one parent, up to and with this limit, are together at most the parent. One key of each limit is the fewest that can
 * be active. Shadow limits reserve nothing from others, so they are counted among themselves.
 */
function checkSum<C>(limit: Limit<C>, limits: readonly Limit<C>[]): void {
  const { parent } = limit.rule as ShareRule
  const names: string[] = []
  let billionths = 0n
  for (const other of limits.slice(0, limits.indexOf(limit) + 1)) {
    const share = shareIn(other)
    const isSibling = share?.guaranteed === true && share.parent === parent
    if (!isSibling || (other.shadow === true) !== (limit.shadow === true)) continue
    names.push(other.name)
    billionths += (BigInt(share.numerator) * whole) / BigInt(share.denominator)
  }
  if (billionths > whole) throw new SluiceError(SLUICE_GUARANTEE_SUM, { names, parent })
}
