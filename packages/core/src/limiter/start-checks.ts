/** Checks at start-up for limits that would be accepted and then refuse or fail every call. */

import { SLUICE_COST_CAPACITY, SLUICE_RULE_UNCALLED } from '../errors.ts'
import { type CountingRule, isCountingRule, ruleKind } from '../kind.ts'
import { isShare } from '../rules/share/share.ts'
import { SluiceError } from '../sluice-error.ts'
import { checkVersion } from '../version.ts'

/** What {@link checkCostFits} reads of a limit. */
export interface CostedLimit {
  readonly name: string
  readonly cost?: unknown
  readonly debit?: 'before' | 'after' | undefined
}

/**
 * Refuses a fixed cost above a fixed capacity, because no call could ever pay it. A capacity of 0 says so itself. With `debit: 'after'` the
 * cost is charged as a debt.
 * @param rule - the rule of every call; `undefined` if it differs from call to call
 * @param option - names the cost in the error
 * @throws SluiceError `SLUICE_COST_CAPACITY`
 */
export function checkCostFits({ name, cost, debit }: CostedLimit, rule: CountingRule | undefined, option: string = `${name}.cost`): void {
  if (typeof cost !== 'number' || debit === 'after' || rule === undefined || rule[ruleKind].fixedCost !== undefined) return
  const { capacity } = rule
  if (cost > capacity && capacity > 0) throw new SluiceError(SLUICE_COST_CAPACITY, { option, value: cost, name, capacity })
}

/** The names of the functions of `@sluice/core` that make rules. */
const ruleFunctions = /^(?:tokenBucket|burstMax|fixedWindow|slidingWindow|lifetimeQuota|concurrency|shareOf|guaranteedShareOf)$/

/**
 * Refuses a rule of another version, and `rule: tokenBucket`, which passes for a rule function and then fails every call. The functions are told by their name and text. A
 * list of the functions themselves would bring every kind of rule into each bundle.
 * @throws SluiceError `SLUICE_RULE_UNCALLED`, `SLUICE_VERSIONS`
 */
export function checkRule(rule: unknown, name: string): void {
  if (isCountingRule(rule) || isShare(rule)) checkVersion(rule, `${name}.rule`)
  if (typeof rule !== 'function' || !ruleFunctions.test(rule.name)) return
  if (/checkOptions|shareRule|isOfCalendar|windowOptions/.test(String(rule)))
    throw new SluiceError(SLUICE_RULE_UNCALLED, { name, function: rule.name })
}
