/** A document laid over the limits of the code: what it says replaces what they say, and everything else stays. */
import { checkLimits, type Limit, type Rule, SluiceError } from '@sluice/core'
import type { ParsedPolicy } from './document.ts'
import { reasonOf } from './limit-document.ts'

/**
 * The limits as the document wants them. Keys and conditions stay in code: a document changes numbers, not programs. An initial fill
 * that the code gives and the document does not is lowered to a smaller capacity.
 * @throws SluiceError `SLUICE_POLICY` for a limit that the code does not have, and for what `checkLimits` refuses
 * @example
 * ```ts
 * const limits = applyPolicy(limitsInCode, parsePolicy(await readFile('policy.json', 'utf8')))
 * ```
 */
export function applyPolicy<C>(limits: readonly Limit<C>[], policy: ParsedPolicy): Limit<C>[] {
  const { document, rules, bans, refusal } = policy
  const known = limits.map((limit) => limit.name)
  for (const name of Object.keys(document.limits)) {
    if (!known.includes(name)) throw refusal({ limit: name }, `there is no limit ${name}; the limits are ${known.join(', ')}`)
  }
  const applied = limits.map((limit): Limit<C> => {
    const { rule: _rule, ban: _ban, ...changes } = Object.hasOwn(document.limits, limit.name) ? document.limits[limit.name]! : {}
    const rule = rules.get(limit.name) ?? limit.rule
    const ban = bans.get(limit.name) ?? limit.ban
    return { ...limit, initial: atMost(limit.initial, rule), ...changes, rule, ban, ...(document.shadow === true ? { shadow: true } : {}) }
  })
  try {
    checkLimits(applied)
  } catch (cause) {
    throw placed(cause, policy)
  }
  return applied
}

function atMost(initial: number | undefined, rule: unknown): number | undefined {
  const { capacity } = rule as Partial<Record<'capacity', number>> & Rule
  return initial === undefined || capacity === undefined ? initial : Math.min(initial, capacity)
}

/** What a limiter refuses, at its place in the document. The error is unchanged if the document does not name the limit. */
export function placed(cause: unknown, { document, refusal }: ParsedPolicy): unknown {
  if (!(cause instanceof SluiceError)) return cause
  if (cause.code === 'SLUICE_VERSION_LOWER') return refusal({}, reasonOf(cause), cause)
  // A sum of guarantees is wrong in all of its limits.
  const { names = [cause.limit] } = cause.facts as { readonly names?: readonly (string | undefined)[] }
  const limit = names.find((name) => name !== undefined && Object.hasOwn(document.limits, name))
  if (limit === undefined) return cause
  return refusal({ limit, ...(cause.option === undefined ? {} : { option: cause.option }) }, reasonOf(cause), cause)
}
