/** A document laid over the limits of the code: what it says replaces what they say, and everything else stays. */
import { createLimiter, type Limit, memoryStore, type Rule, SluiceError } from '@sluice/core'
import type { ParsedPolicy } from './document.ts'
import { reasonOf } from './limit-document.ts'

/**
 * The limits as the document wants them. Keys and conditions stay in code: a document changes numbers, not programs. An initial fill
 * that the code gives and the document does not is lowered to a smaller capacity.
 * @throws SluiceError `SLUICE_POLICY` for a limit that the code does not have, and for whatever a limiter refuses: an initial fill above
 *   the capacity, shares whose parent is missing, stands further in, or is a share of them
 */
export function applyPolicy<C>(limits: readonly Limit<C>[], policy: ParsedPolicy): Limit<C>[] {
  const { document, rules, bans, refusal } = policy
  const known = limits.map((limit) => limit.name)
  for (const name of Object.keys(document.limits)) {
    if (!known.includes(name)) throw refusal({ limit: name }, `there is no limit ${name}; the limits are ${known.join(', ')}`)
  }
  const applied = limits.map((limit): Limit<C> => {
    const { rule: _rule, ban: _ban, ...said } = Object.hasOwn(document.limits, limit.name) ? document.limits[limit.name]! : {}
    const rule = rules.get(limit.name) ?? limit.rule
    const ban = bans.get(limit.name) ?? limit.ban
    return { ...limit, initial: atMost(limit.initial, rule), ...said, rule, ban, ...(document.shadow === true ? { shadow: true } : {}) }
  })
  try {
    void createLimiter<C>({ limits: applied, store: memoryStore() }).close()
  } catch (cause) {
    throw placed(cause, policy)
  }
  return applied
}

function atMost(initial: number | undefined, rule: unknown): number | undefined {
  const { capacity } = rule as Partial<Record<'capacity', number>> & Rule
  return initial === undefined || capacity === undefined ? initial : Math.min(initial, capacity)
}

/** What a limiter refuses, at its place in the document; what the document does not speak of stays as it was. */
export function placed(cause: unknown, { document, refusal }: ParsedPolicy): unknown {
  if (!(cause instanceof SluiceError)) return cause
  if (cause.code === 'SLUICE_VERSION_LOWER') return refusal({}, reasonOf(cause), cause)
  const limit = Object.keys(document.limits).find((name) => isMeant(name, cause))
  const { option = 'rule' } = cause.facts
  // Some errors name an option with its limit, some alone.
  return limit === undefined ? cause : refusal({ limit, option: `${option}`.replace(`${limit}.`, '') }, reasonOf(cause), cause)
}

/** Whether an error is about a limit: by its name, as one of several, as the first on a path, or by an option. */
function isMeant(limit: string, { facts: { name, names, path, option } }: SluiceError): boolean {
  if (limit === name || (Array.isArray(names) && names.includes(limit))) return true
  return String(path).startsWith(`${limit} > `) || String(option).startsWith(`${limit}.`)
}
