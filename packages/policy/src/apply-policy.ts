/** A document laid over the limits of the code: what it says replaces what they say, and everything else stays. */
import type { Limit } from '@sluice/core'
import type { ParsedPolicy } from './document.ts'

/**
 * The limits as the document wants them. Keys, conditions and costs stay in code: a document changes numbers, not programs.
 * @throws SluiceError `SLUICE_POLICY` for a limit that the code does not have
 */
export function applyPolicy<C>(limits: readonly Limit<C>[], { document, rules, refusal }: ParsedPolicy): Limit<C>[] {
  for (const name of Object.keys(document.limits)) {
    const known = limits.map((limit) => limit.name)
    if (!known.includes(name)) throw refusal(name, `there is no limit ${name}; the limits are ${known.join(', ')}`)
  }
  return limits.map((limit) => {
    const said = Object.hasOwn(document.limits, limit.name) ? document.limits[limit.name]! : {}
    const { shadow = limit.shadow, disclose = limit.disclose, nearAt = limit.nearAt } = said
    return { ...limit, rule: rules.get(limit.name) ?? limit.rule, shadow: document.shadow === true ? true : shadow, disclose, nearAt }
  })
}
