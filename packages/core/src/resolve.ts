/** From a subject to charges: each limit's functions are asked what applies, under which key and rule, at what cost. */
import type { CountingRule } from './algorithm.ts'
import { isCountingRule } from './algorithms.ts'
import { isConcurrency } from './concurrency-rule.ts'
import { type Cost, checkCost, costFor } from './cost.ts'
import { SluiceError } from './errors.ts'
import { encodeKey } from './key.ts'
import { andThen, isPromise, type MaybePromise } from './maybe-promise.ts'
import type { CompiledLimit, Policy } from './policy.ts'
import { resolveShare } from './share.ts'
import type { Charge } from './store.ts'

/** What happens to a limit whose function failed: its charge is left out where this returns, and the call ends where it throws. */
export type OnFailure = (error: SluiceError, limit: string) => void

/**
 * The charges of one call, outermost first, without the limits that do not apply.
 * @param cost - checked
 * @returns at once while every function answers at once
 */
export function resolveCharges<C>(policy: Policy<C>, subject: C, cost: Cost, onFailure: OnFailure): MaybePromise<Charge[]> {
  // Sized beforehand: an empty array makes room for seventeen at its first push.
  return resolveFrom(policy, 0, new Array<Charge>(policy.limits.length), 0, subject, cost, onFailure)
}

/** The limits are asked one after the other: an outer limit's rule is the parent of an inner share. */
function resolveFrom<C>(
  policy: Policy<C>,
  from: number,
  charges: Charge[],
  count: number,
  subject: C,
  cost: Cost,
  onFailure: OnFailure,
): MaybePromise<Charge[]> {
  let found = count
  for (let at = from; at < policy.limits.length; at++) {
    const charge = resolveOrFail(policy, policy.limits[at]!, subject, cost, onFailure)
    if (isPromise(charge)) {
      return charge.then((late) => {
        if (late !== null) charges[found++] = late
        return resolveFrom(policy, at + 1, charges, found, subject, cost, onFailure)
      })
    }
    if (charge !== null) charges[found++] = charge
  }
  if (found < charges.length) charges.length = found
  return charges
}

function resolveOrFail<C>(
  policy: Policy<C>,
  limit: CompiledLimit<C>,
  subject: C,
  cost: Cost,
  onFailure: OnFailure,
): MaybePromise<Charge | null> {
  try {
    const charge = resolveLimit(policy, limit, subject, cost)
    return isPromise(charge) ? charge.catch((cause: unknown) => leaveOut(limit, cause, onFailure)) : charge
  } catch (cause) {
    return leaveOut(limit, cause, onFailure)
  }
}

function leaveOut<C>(limit: CompiledLimit<C>, cause: unknown, onFailure: OnFailure): null {
  const { name } = limit.facts
  onFailure(cause instanceof SluiceError ? cause : new SluiceError('SLUICE_FUNCTION', { function: 'limit', name }, { cause }), name)
  return null
}

function resolveLimit<C>(policy: Policy<C>, limit: CompiledLimit<C>, subject: C, cost: Cost): MaybePromise<Charge | null> {
  const { definition } = limit
  if (definition.when === undefined) return resolveKey(policy, limit, subject, cost)
  const applies = ask(limit, 'when', definition.when, subject)
  return andThen(applies, (yes) => (yes ? resolveKey(policy, limit, subject, cost) : null))
}

function resolveKey<C>(policy: Policy<C>, limit: CompiledLimit<C>, subject: C, cost: Cost): MaybePromise<Charge | null> {
  const key = ask(limit, 'by', limit.definition.by, subject)
  // Said apart from `andThen`, because most keys and rules are at hand and a closure for each request would cost more than the rest.
  if (isPromise(key))
    return key.then((late) => (late === null ? null : resolveTerms(policy, limit, encodeKey(late, limit.facts.name), subject, cost)))
  return key === null ? null : resolveTerms(policy, limit, encodeKey(key, limit.facts.name), subject, cost)
}

function resolveTerms<C>(policy: Policy<C>, limit: CompiledLimit<C>, key: string, subject: C, cost: Cost): MaybePromise<Charge> {
  const rule = limit.fixedRule ?? resolveRule(policy, limit, subject)
  if (isPromise(rule)) return rule.then((late) => resolveCost(limit, key, late, subject, cost))
  return resolveCost(limit, key, rule, subject, cost)
}

function resolveCost<C>(limit: CompiledLimit<C>, key: string, rule: CountingRule, subject: C, cost: Cost): MaybePromise<Charge> {
  const { facts, definition } = limit
  // One slot, whatever the call costs.
  if (isConcurrency(rule)) return { limit: facts, key, terms: limit.termsOf(rule), cost: 1 }
  const own = definition.cost
  const charge = (units: number): Charge => ({ limit: facts, key, terms: limit.termsOf(rule), cost: units })
  if (own === undefined) return charge(costFor(limit, cost, 1))
  if (typeof own === 'number') return charge(own)
  return andThen(ask(limit, 'cost', own, subject), (units) => charge(checkCost(units, facts.name)))
}

/** The rule of this call: a function's answer, or a share of the parent's rule of this call, whether or not the parent applies. */
function resolveRule<C>(policy: Policy<C>, limit: CompiledLimit<C>, subject: C): MaybePromise<CountingRule> {
  if (limit.fixedRule !== undefined) return limit.fixedRule
  const { share } = limit
  if (share !== undefined) {
    const parent = resolveRule(policy, policy.limits[limit.parentAt]!, subject)
    return andThen(parent, (rule) => resolveShare(share, rule))
  }
  const { rule } = limit.definition
  return andThen(ask(limit, 'rule', rule as () => MaybePromise<unknown>, subject), (answer) => {
    if (!isCountingRule(answer)) throw new SluiceError('SLUICE_RULE', { name: limit.facts.name, value: answer })
    return answer
  })
}

/** Calls a function of the application; what it throws or rejects with becomes the cause of a fault that names it. */
function ask<C, T>(limit: CompiledLimit<C>, name: string, fn: (subject: C) => MaybePromise<T>, subject: C): MaybePromise<T> {
  try {
    const answer = fn(subject)
    // A query builder may be a thenable and no more than that.
    return isPromise(answer) ? Promise.resolve(answer).catch((cause: unknown) => fail(limit, name, cause)) : answer
  } catch (cause) {
    return fail(limit, name, cause)
  }
}

function fail<C>(limit: CompiledLimit<C>, name: string, cause: unknown): never {
  throw new SluiceError('SLUICE_FUNCTION', { function: name, name: limit.facts.name }, { cause })
}
