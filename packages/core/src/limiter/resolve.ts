/** From a subject to charges: each limit's functions are asked what applies, under which key and rule, at what cost. */

import { asFault, SluiceError } from '../errors.ts'
import { encodeKey, type Key } from '../key.ts'
import { andThen, isPromise, type MaybePromise } from '../maybe-promise.ts'
import type { CountingRule } from '../rules/algorithm.ts'
import { isCountingRule } from '../rules/algorithms.ts'
import { isConcurrency } from '../rules/concurrency-rule.ts'
import { resolveShare, type ShareRule } from '../rules/share.ts'
import type { Charge } from '../store.ts'
import { type Cost, checkCost, costFor } from './cost.ts'
import type { CompiledLimit, Policy } from './policy.ts'

/** What happens to a limit whose function failed: its charge is left out where this returns, and the call ends where it throws. */
export type OnFailure = (error: SluiceError, limit: string) => void

/**
 * The charges of one call, outermost first, without the limits that do not apply.
 *
 * Nearly every answer is at hand, and this is the path of every request. What comes later is therefore continued in functions of its
 * own: a closure that captures a parameter makes each call of its function allocate, whether or not it is made.
 * @param cost - checked
 * @param said - what the limits, from the first on, have been asked already
 * @returns at once while every function answers at once
 */
export function resolveCharges<C>(
  policy: Policy<C>,
  subject: C,
  cost: Cost,
  onFailure: OnFailure,
  said: readonly Said[] = nothingSaid,
): MaybePromise<Charge[]> {
  const asked: Asked<C> = { policy, subject, cost, onFailure, said }
  if (policy.limits.length === 1) return only(resolveOrFail(asked, policy.limits[0]!, said[0]))
  // Sized beforehand: an empty array makes room for seventeen at its first push.
  return resolveFrom(asked, 0, new Array<Charge>(policy.limits.length), 0)
}

/** The text of a key that has been asked for already, or what answers, or throws, as the limit's own function has. */
export type Said = string | (() => MaybePromise<Key | null>)
const nothingSaid: readonly Said[] = Object.freeze([])

/** One call, as its limits are asked about it. */
interface Asked<C> {
  readonly policy: Policy<C>
  readonly subject: C
  readonly cost: Cost
  readonly onFailure: OnFailure
  readonly said: readonly Said[]
}

function only(charge: MaybePromise<Charge | null>): MaybePromise<Charge[]> {
  if (isPromise(charge)) return charge.then(listOf)
  return listOf(charge)
}

function listOf(charge: Charge | null): Charge[] {
  return charge === null ? [] : [charge]
}

/** The limits are asked one after the other: an outer limit's rule is the parent of an inner share. */
function resolveFrom<C>(asked: Asked<C>, from: number, charges: Charge[], count: number): MaybePromise<Charge[]> {
  const { limits } = asked.policy
  let found = count
  for (let at = from; at < limits.length; at++) {
    const limit = limits[at]!
    const answer = resolveOrFail(asked, limit, asked.said[at])
    if (isPromise(answer)) return resumeAt(asked, at, charges, found, answer)
    const charge = limit.share?.guaranteed === true ? besideParent(limit.share, answer, charges, found) : answer
    if (charge !== null) charges[found++] = charge
  }
  if (found < charges.length) charges.length = found
  return charges
}

function resumeAt<C>(asked: Asked<C>, at: number, charges: Charge[], found: number, charge: Promise<Charge | null>): Promise<Charge[]> {
  return charge.then((answer) => {
    const { share } = asked.policy.limits[at]!
    const late = share?.guaranteed === true ? besideParent(share, answer, charges, found) : answer
    if (late !== null) charges[found] = late
    return resolveFrom(asked, at + 1, charges, late === null ? found : found + 1)
  })
}

/** A guaranteed share costs what its parent does, and where that does not apply there is nothing to have a share of. */
function besideParent({ parent }: ShareRule, charge: Charge | null, charges: readonly Charge[], found: number): Charge | null {
  if (charge === null) return null
  for (let i = 0; i < found; i++) if (charges[i]!.limit.name === parent) return { ...charge, cost: charges[i]!.cost }
  return null
}

function resolveOrFail<C>(asked: Asked<C>, limit: CompiledLimit<C>, said: Said | undefined): MaybePromise<Charge | null> {
  try {
    const charge = resolveLimit(asked, limit, said)
    return isPromise(charge) ? orLeaveOut(asked, limit, charge) : charge
  } catch (cause) {
    return leaveOut(asked, limit, cause)
  }
}

function orLeaveOut<C>(asked: Asked<C>, limit: CompiledLimit<C>, charge: Promise<Charge | null>): Promise<Charge | null> {
  return charge.catch((cause: unknown) => leaveOut(asked, limit, cause))
}

function leaveOut<C>({ onFailure }: Asked<C>, limit: CompiledLimit<C>, cause: unknown): null {
  const { name } = limit.facts
  onFailure(asFault(cause, 'SLUICE_FUNCTION', { function: 'limit', name }), name)
  return null
}

function resolveLimit<C>(asked: Asked<C>, limit: CompiledLimit<C>, said: Said | undefined): MaybePromise<Charge | null> {
  const { when } = limit.definition
  return when === undefined
    ? resolveKey(asked, limit, said)
    : resolveIf(asked, limit, ask(asked.policy, limit, 'when', when, asked.subject))
}

function resolveIf<C>(asked: Asked<C>, limit: CompiledLimit<C>, applies: MaybePromise<boolean>): MaybePromise<Charge | null> {
  return andThen(applies, (yes) => (yes ? resolveKey(asked, limit, undefined) : null))
}

function resolveKey<C>(asked: Asked<C>, limit: CompiledLimit<C>, said: Said | undefined): MaybePromise<Charge | null> {
  if (typeof said === 'string') return resolveTerms(asked, limit, said)
  const key = ask(asked.policy, limit, 'by', said ?? limit.definition.by, asked.subject)
  return isPromise(key) ? lateKey(asked, limit, key) : resolveText(asked, limit, key)
}

function lateKey<C>(asked: Asked<C>, limit: CompiledLimit<C>, key: Promise<Key | null>): Promise<Charge | null> {
  return key.then((late) => resolveText(asked, limit, late))
}

function resolveText<C>(asked: Asked<C>, limit: CompiledLimit<C>, key: Key | null): MaybePromise<Charge | null> {
  return key === null ? null : resolveTerms(asked, limit, encodeKey(key, limit.facts.name))
}

function resolveTerms<C>(asked: Asked<C>, limit: CompiledLimit<C>, text: string): MaybePromise<Charge> {
  const rule = limit.fixedRule ?? resolveRule(asked.policy, limit, asked.subject)
  return isPromise(rule) ? lateRule(asked, limit, text, rule) : resolveCost(asked, limit, text, rule)
}

function lateRule<C>(asked: Asked<C>, limit: CompiledLimit<C>, key: string, rule: Promise<CountingRule>): Promise<Charge> {
  return rule.then((late) => resolveCost(asked, limit, key, late))
}

function resolveCost<C>(
  { policy, subject, cost }: Asked<C>,
  limit: CompiledLimit<C>,
  key: string,
  rule: CountingRule,
): MaybePromise<Charge> {
  const { facts, definition } = limit
  const own = definition.cost
  // One slot, whatever the call costs.
  if (isConcurrency(rule)) return { limit: facts, key, terms: limit.termsOf(rule), cost: 1 }
  if (typeof own === 'function') return chargeOf(limit, key, rule, ask(policy, limit, 'cost', own, subject))
  return { limit: facts, key, terms: limit.termsOf(rule), cost: own ?? costFor(limit, cost, 1) }
}

function chargeOf<C>(limit: CompiledLimit<C>, key: string, rule: CountingRule, cost: MaybePromise<number>): MaybePromise<Charge> {
  const { facts } = limit
  return andThen(cost, (units) => ({ limit: facts, key, terms: limit.termsOf(rule), cost: checkCost(units, facts.name) }))
}

/** The rule of this call: a function's answer, or a share of the parent's rule of this call, whether or not the parent applies. */
function resolveRule<C>(policy: Policy<C>, limit: CompiledLimit<C>, subject: C): MaybePromise<CountingRule> {
  if (limit.fixedRule !== undefined) return limit.fixedRule
  const { share } = limit
  if (share !== undefined) {
    const parent = resolveRule(policy, policy.limits[limit.parentAt]!, subject)
    return andThen(parent, (rule) => resolveShare(share, rule, limit.facts.name))
  }
  const { rule } = limit.definition
  return andThen(ask(policy, limit, 'rule', rule as () => MaybePromise<unknown>, subject), (answer) => {
    if (!isCountingRule(answer)) throw new SluiceError('SLUICE_RULE', { name: limit.facts.name, value: answer })
    return answer
  })
}

/** Calls a function of the application; what it throws or rejects with becomes the cause of a fault that names it. */
function ask<C, T>(
  policy: Policy<C>,
  limit: CompiledLimit<C>,
  name: string,
  fn: (subject: C) => MaybePromise<T>,
  subject: C,
): MaybePromise<T> {
  try {
    const answer = fn(subject)
    return isPromise(answer) ? inTime(policy, limit, name, answer) : answer
  } catch (cause) {
    return fail(limit, name, cause)
  }
}

function inTime<C, T>({ time }: Policy<C>, limit: CompiledLimit<C>, name: string, answer: PromiseLike<T>): Promise<T> {
  return time.within(answer, { function: name, name: limit.facts.name }, (cause) => fail(limit, name, cause))
}

function fail<C>(limit: CompiledLimit<C>, name: string, cause: unknown): never {
  // The connection has no address, which no function of the application can help: most limits by address have none.
  if (cause instanceof SluiceError && cause.code === 'SLUICE_ADDRESS') throw cause
  throw new SluiceError('SLUICE_FUNCTION', { function: name, name: limit.facts.name }, { cause })
}
