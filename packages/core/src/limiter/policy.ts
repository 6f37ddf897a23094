/** A policy: the ordered limits that guard a call, checked once and compiled for the path of every request. */

import { type BanKind, banKind } from '../ban-kind.ts'
import { type FunctionTime, functionTime } from '../deadlines.ts'
import {
  SLUICE_LIMIT_BY,
  SLUICE_LIMIT_NAME,
  SLUICE_LIMIT_TWICE,
  SLUICE_LIMIT_UNKNOWN,
  SLUICE_LIMITS_EMPTY,
  SLUICE_LIMITS_MANY,
  SLUICE_OPTION_TYPE,
  SLUICE_RULE,
  SLUICE_SHARE_CYCLE,
  SLUICE_SHARE_PARENT,
  SLUICE_VERSION,
  SLUICE_VERSION_LOWER,
} from '../errors.ts'
import { unlimited } from '../key.ts'
import { type CountingRule, isCountingRule } from '../kind.ts'
import type { Limit } from '../limit.ts'
import { checkOptions, oneOf, optionalOf } from '../options.ts'
import { resolveFixedShares, type ShareRule, shareIn, shareKind } from '../rules/share/share.ts'
import { aboutLimit, SluiceError, withText } from '../sluice-error.ts'
import type { FixedCharge, LimitFacts, Terms } from '../store.ts'
import { wholeNumber } from '../whole-number.ts'
import { type Question, questionsOf } from './questions.ts'
import { checkCostFits, checkRule } from './start-checks.ts'

/** A limit, checked and with its defaults filled in. */
export interface CompiledLimit<C> {
  readonly facts: LimitFacts
  readonly definition: Limit<C>
  /** The rule where it is the same for every call. */
  readonly fixedRule: CountingRule | undefined
  readonly share: ShareRule | undefined
  /** Where in the policy the parent of a share is. */
  readonly parentAt: number
  /** The terms of a rule under this limit. */
  termsOf(rule: CountingRule): Terms
}

/** A compiled list of limits and its version. */
export interface Policy<C> {
  readonly limits: readonly CompiledLimit<C>[]
  readonly byName: ReadonlyMap<string, CompiledLimit<C>>
  /** What is asked about each call, in order. */
  readonly questions: readonly Question<C>[]
  /** Whether any question is about a rule. */
  readonly asksRules: boolean
  /** The charges without their keys, where every limit always applies and its rule and cost are fixed. */
  readonly fixedCharges: readonly FixedCharge[] | undefined
  /** How bans are carried out, if any limit bans. */
  readonly bans: BanKind | undefined
  readonly version: string
  /** The time that the functions of its limits have. */
  readonly time: FunctionTime
}

const known = ['name', 'by', 'rule', 'cost', 'when', 'shadow', 'disclose', 'hashKey', 'onOutage', 'nearAt', 'initial', 'debit', 'ban']

/**
 * Checks a list of limits, outermost first.
 * @throws SluiceError for too many limits, a wrong option of any limit, names used twice, shares without their parent before them, guarantees that cannot be
 */
export function compilePolicy<C>(limits: readonly Limit<C>[], version: string, terms: PolicyTerms = {}): Policy<C> {
  return withText('full', () => compile(limits, version, terms))
}

/** What a policy is compiled for, beside its limits. */
export interface PolicyTerms {
  /** How long the functions of a limit may take. @default 5 s */
  readonly time?: FunctionTime
  /** How many limits the store decides in one call. @default any number */
  readonly mostLimits?: number | undefined
}

function compile<C>(
  limits: readonly Limit<C>[],
  version: string,
  { time = functionTime(), mostLimits = Number.POSITIVE_INFINITY }: PolicyTerms,
): Policy<C> {
  if (!Array.isArray(limits)) throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'limits', wanted: 'a list of limits', value: limits })
  if (limits.length === 0) throw new SluiceError(SLUICE_LIMITS_EMPTY, { option: 'limits' })
  if (limits.length > mostLimits) throw new SluiceError(SLUICE_LIMITS_MANY, { most: mostLimits, count: limits.length })
  checkShares(limits)
  const compiled = limits.map((limit: Limit<C>, at) =>
    aboutLimit(limit?.name, 'rule', () => compileLimit(limit, limits.slice(0, at), Number(parseVersion(version)))),
  )
  const fixedRules = resolveFixedShares(limits)
  for (const limit of limits as readonly Limit<C>[]) aboutLimit(limit.name, 'cost', () => checkCostFits(limit, fixedRules.get(limit.name)))
  const byName = new Map(compiled.map((one) => [one.facts.name, one]))
  const questions = questionsOf(compiled)
  const asksRules = questions.some(({ about }) => about === 'rule')
  return {
    limits: compiled,
    byName,
    questions,
    asksRules,
    fixedCharges: fixedCharges(compiled),
    bans: compiled.find(({ facts }) => facts.ban !== undefined)?.facts.ban?.[banKind],
    version,
    time,
  }
}

function fixedCharges<C>(limits: readonly CompiledLimit<C>[]): readonly FixedCharge[] | undefined {
  const fixed = limits.flatMap(({ facts, definition, fixedRule, termsOf }): FixedCharge[] => {
    const { when, cost = 1 } = definition
    if (fixedRule === undefined || when !== undefined || typeof cost !== 'number' || definition.hashKey === true) return []
    return [{ limit: facts, terms: termsOf(fixedRule), cost }]
  })
  return fixed.length === limits.length ? fixed : undefined
}

/** The version itself. @throws SluiceError `SLUICE_VERSION` unless it is a whole number of at most 15 digits in a string */
export function parseVersion(version: unknown): string {
  if (typeof version !== 'string' || !/^\d{1,15}$/.test(version))
    throw new SluiceError(SLUICE_VERSION, { option: 'version', value: version })
  return version
}

/**
 * The version of an update: the current one where none is named.
 * @throws SluiceError `SLUICE_VERSION_LOWER` for one that is lower than the current one, and what `parseVersion` throws
 */
export function nextVersion(current: string, version: string | undefined): string {
  if (version === undefined) return current
  if (Number(parseVersion(version)) < Number(current)) throw new SluiceError(SLUICE_VERSION_LOWER, { value: version, current })
  return version
}

/** A limit by its name. @throws SluiceError `SLUICE_LIMIT_UNKNOWN` */
export function limitNamed<C>(policy: Policy<C>, name: string): CompiledLimit<C> {
  const limit = policy.byName.get(name)
  if (limit === undefined) throw new SluiceError(SLUICE_LIMIT_UNKNOWN, { name, choices: [...policy.byName.keys()] })
  return limit
}

function compileLimit<C>(limit: Limit<C>, outer: readonly Limit<C>[], version: number): CompiledLimit<C> {
  checkLimit(limit)
  const { name, rule } = limit
  const share = shareIn(limit)
  if (share === undefined && typeof rule !== 'function' && rule !== unlimited && !isCountingRule(rule))
    throw new SluiceError(SLUICE_RULE, { option: 'rule', name, value: rule })
  const fixedRule = share === undefined && typeof rule === 'object' ? (rule as CountingRule) : undefined
  const initial = limit.initial === undefined ? undefined : wholeNumber(limit.initial, `${name}.initial`, 0, fixedRule?.capacity)
  const parentAt = share === undefined ? -1 : outer.findIndex((parent) => parent.name === share.parent)
  // A share beside its parent is charged what the parent is charged, and when.
  const payer = share?.[shareKind].besideParent === true ? outer[parentAt]! : limit
  return {
    facts: Object.freeze({
      name,
      shadow: limit.shadow ?? false,
      disclose: limit.disclose ?? true,
      nearAt: limit.nearAt ?? 0.8,
      debit: payer.debit ?? 'before',
      parent: share?.parent ?? null,
      onOutage: limit.onOutage,
      fixedRule: fixedRule !== undefined,
      ban: limit.ban?.[banKind].terms(limit.ban, name),
    }),
    definition: limit,
    fixedRule,
    share,
    parentAt,
    termsOf: rememberTerms(initial, version),
  }
}

/** Terms are compared by identity on every decision, so the same rule gets the same object; the last one is asked for most. */
function rememberTerms(initial: number | undefined, version: number): (rule: CountingRule) => Terms {
  const all = new WeakMap<CountingRule, Terms>()
  let last: Terms | undefined
  return (rule) => {
    if (last?.rule === rule) return last
    let terms = all.get(rule)
    if (terms === undefined) {
      terms = Object.freeze({ rule, initial: Math.min(initial ?? rule.capacity, rule.capacity), version })
      all.set(rule, terms)
    }
    last = terms
    return terms
  }
}

function checkLimit<C>(limit: Limit<C>): void {
  checkOptions(limit, 'limit', known)
  const { name } = limit
  if (typeof name !== 'string' || !/^[\x20-\x7e]{1,128}$/.test(name))
    throw new SluiceError(SLUICE_LIMIT_NAME, { value: name, option: 'name' })
  if (typeof limit.by !== 'function') throw new SluiceError(SLUICE_LIMIT_BY, { name, option: 'by' })
  if (typeof limit.cost !== 'function' && limit.cost !== undefined) wholeNumber(limit.cost, `${name}.cost`, 0)
  checkRule(limit.rule, name)
  optionalOf(limit.when, `${name}.when`, 'function')
  for (const option of ['shadow', 'disclose', 'hashKey'] as const) optionalOf(limit[option], `${name}.${option}`, 'boolean')
  if (limit.onOutage !== undefined) oneOf(limit.onOutage, `${name}.onOutage`, ['allow', 'deny', 'local'])
  if (limit.debit !== undefined) oneOf(limit.debit, `${name}.debit`, ['before', 'after'])
  if (limit.ban !== undefined && !(typeof limit.ban === 'object' && limit.ban !== null && banKind in limit.ban)) {
    const wanted = 'what ban({ after, within, for }) returns'
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: `${name}.ban`, wanted, value: limit.ban })
  }
  const { nearAt } = limit
  if (nearAt !== undefined && !(typeof nearAt === 'number' && nearAt > 0 && nearAt <= 1)) {
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: `${name}.nearAt`, wanted: 'a number above 0 and at most 1', value: nearAt })
  }
}

/** Names are unique, and every share leads outwards to a limit with a rule of its own. */
function checkShares<C>(limits: readonly Limit<C>[]): void {
  const names = limits.map((limit) => limit?.name)
  const check = (each: (limit: Limit<C>, at: number) => void): void => {
    for (const [at, limit] of limits.entries()) aboutLimit(limit?.name, 'rule', () => each(limit, at))
  }
  check((limit, at) => {
    if (names.indexOf(limit?.name) < at) throw new SluiceError(SLUICE_LIMIT_TWICE, { name: limit.name, option: 'name' })
  })
  const parentOf = (name: string): string | undefined => {
    return shareIn(limits[names.indexOf(name)])?.parent
  }
  check((limit, at) => {
    const path = [limit?.name]
    for (let parent = parentOf(path[0]!); parent !== undefined; parent = parentOf(parent)) {
      if (path.includes(parent)) throw new SluiceError(SLUICE_SHARE_CYCLE, { path: [...path, parent].join(' > ') })
      path.push(parent)
    }
    const parent = path[1]
    if (parent !== undefined && !names.slice(0, at).includes(parent))
      throw new SluiceError(SLUICE_SHARE_PARENT, { name: limit.name, parent })
  })
}

/**
 * Checks limits as `createLimiter` does, and makes no limiter. Rules that a function returns are checked when the function is called.
 * How many limits a store decides in one step is not checked.
 *
 * @throws SluiceError with the code that `createLimiter` throws. Its `limit` and `option` say what is wrong where, for example `'user'`
 *   and `'nearAt'`.
 * @example
 * ```ts
 * try {
 *   checkLimits([{ name: 'user', by: (user: string) => user, rule: tokenBucket({ capacity: 10, per: '1m' }), nearAt: 2 }])
 * } catch (error) {
 *   if (error instanceof SluiceError) console.log(error.limit, error.option) //> user nearAt
 * }
 * ```
 */
export function checkLimits<C>(limits: readonly Limit<C>[]): void {
  compilePolicy(limits, '0')
}
