/** What must hold of guaranteed shares in a list of limits, as far as it is known before anybody calls. */

import { SluiceError } from '../errors.ts'
import type { Limit } from '../limit.ts'
import type { CountingRule } from '../rules/algorithm.ts'
import { isShare, resolveShare, type ShareRule } from '../rules/share.ts'

/**
 * @param limits - each with its parent before it
 * @throws SluiceError `SLUICE_GUARANTEE_OPTION`, `SLUICE_GUARANTEE_PARENT`, `SLUICE_GUARANTEE_SUM`
 */
export function checkGuarantees<C>(limits: readonly Limit<C>[]): void {
  const rules = new Map<string, CountingRule | undefined>()
  for (const limit of limits) {
    const share = shareIn(limit)
    if (share?.guaranteed === true) checkOptions(limit, share)
    rules.set(limit.name, fixedRuleOf(limit, share, rules))
  }
  checkSums(limits)
}

function shareIn<C>({ rule }: Limit<C>): ShareRule | undefined {
  return typeof rule === 'object' && isShare(rule) ? rule : undefined
}

/** The rule of a limit where it is the same for every call; of a share that needs the same of its parent. */
function fixedRuleOf<C>(
  limit: Limit<C>,
  share: ShareRule | undefined,
  outer: ReadonlyMap<string, CountingRule | undefined>,
): CountingRule | undefined {
  if (share === undefined) return typeof limit.rule === 'object' ? (limit.rule as CountingRule) : undefined
  const parent = outer.get(share.parent)
  return parent === undefined ? undefined : resolveShare(share, parent, limit.name)
}

/** What a guaranteed share takes from its parent, and cannot say itself. */
function checkOptions<C>(limit: Limit<C>, { parent }: ShareRule): void {
  for (const option of ['cost', 'debit', 'initial'] as const) {
    if (limit[option] !== undefined) throw new SluiceError('SLUICE_GUARANTEE_OPTION', { name: limit.name, parent, option })
  }
}

/** One key of each limit is the least that can be present. Shadows keep nothing from others, so they are counted among themselves. */
function checkSums<C>(limits: readonly Limit<C>[]): void {
  const groups = new Map<string, { readonly parent: string; readonly names: string[]; billionths: bigint }>()
  for (const limit of limits) {
    const share = shareIn(limit)
    if (share?.guaranteed !== true) continue
    const id = `${limit.shadow === true} ${share.parent}`
    const group = groups.get(id) ?? { parent: share.parent, names: [], billionths: 0n }
    groups.set(id, group)
    group.names.push(limit.name)
    group.billionths += (BigInt(share.numerator) * 1_000_000_000n) / BigInt(share.denominator)
    if (group.billionths > 1_000_000_000n) throw new SluiceError('SLUICE_GUARANTEE_SUM', { names: group.names, parent: group.parent })
  }
}
