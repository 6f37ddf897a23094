/** The limits of a policy document. Keys, and rules that it does not say, are taken to stand in code. */
import { readFile } from 'node:fs/promises'
import { type CountingRule, type Limit, type Rule, type ShareRule, skip } from '@sluice/core'
import { isCountingRule, reasonOf, resolveShare } from '@sluice/core/internal'
import { applyPolicy, type ParsedPolicy, parsePolicy } from '@sluice/policy'
import { SLUICE_FILE, SluiceError } from './errors.ts'

/** One limit of a document. */
export interface PolicyLimit<C> {
  readonly limit: Limit<C, 'sync'>
  /** The rule that decides; that of a share is the part of its parent. `undefined` for `unlimited`, and where only the code has the rule. */
  readonly rule: CountingRule | undefined
  /** The share as the document writes it. */
  readonly share: ShareRule | undefined
}

/** A document and its limits, each parent before its shares. */
export interface PolicyLimits<C> {
  readonly parsed: ParsedPolicy
  readonly limits: readonly PolicyLimit<C>[]
  /** Names of limits whose rule stands only in code, and of parents that the document does not name. */
  readonly inCode: readonly string[]
}

/** Reads a file as text. @throws SluiceError `SLUICE_FILE` */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw fileError(path, cause)
  }
}

/** The error for a file that cannot be read or written. */
export function fileError(path: string, cause: unknown): SluiceError {
  return new SluiceError(SLUICE_FILE, { path, reason: reasonOf(cause) }, { cause })
}

/** Stands for the rule of a limit that only the code knows. */
const ruleInCode = (): typeof skip => skip

/**
 * Understands a document, and checks what its limits mean together.
 * @param keyOf - the key function of each limit
 * @throws SluiceError `SLUICE_POLICY` with the line, the column and the reason
 */
export function policyLimits<C>(text: string, keyOf: (name: string) => Limit<C, 'sync'>['by']): PolicyLimits<C> {
  const parsed = parsePolicy(text)
  const names = Object.keys(parsed.document.limits)
  const parents = new Map([...parsed.rules].flatMap(([name, rule]) => (isShare(rule) ? [[name, rule.parent] as const] : [])))
  const absent = [...new Set(parents.values())].filter((parent) => !names.includes(parent))
  const ordered = parentsFirst([...absent, ...names], parents)
  const code = ordered.map((name): Limit<C> => ({ name, by: keyOf(name), rule: ruleInCode }))
  const rules = new Map<string, CountingRule | undefined>()
  const limits = applyPolicy(code, parsed).map((applied): PolicyLimit<C> => {
    const limit = applied as Limit<C, 'sync'>
    const share = isShare(limit.rule) ? limit.rule : undefined
    const parent = share === undefined ? undefined : rules.get(share.parent)
    const own = isCountingRule(limit.rule) ? limit.rule : undefined
    const rule = share !== undefined && parent !== undefined ? resolveShare(share, parent, limit.name) : own
    rules.set(limit.name, rule)
    return { limit, rule, share }
  })
  const isInCode = ({ limit }: PolicyLimit<C>): boolean => limit.rule === ruleInCode
  return {
    parsed,
    limits: limits.filter((one) => !isInCode(one)),
    inCode: limits.filter(isInCode).map(({ limit }) => limit.name),
  }
}

function isShare(rule: unknown): rule is ShareRule {
  return typeof rule === 'object' && rule !== null && (rule as Rule).kind === 'share'
}

/** Names in their order, but each parent before its shares. A cycle stays as it is; the check of the limits names it. */
function parentsFirst(names: readonly string[], parents: ReadonlyMap<string, string>): readonly string[] {
  const ordered = new Set<string>()
  const add = (name: string, inside: readonly string[]): void => {
    const parent = parents.get(name)
    if (parent !== undefined && !inside.includes(name)) add(parent, [...inside, name])
    ordered.add(name)
  }
  for (const name of names) add(name, [])
  return [...ordered]
}
