/**
 * Gathering: from a subject to charges. The functions of a policy are asked in order: what applies, under which key and rule, at what
 * cost.
 *
 * A policy is compiled once to a flat list of questions. One loop asks them, and goes on from one place where an answer is a promise.
 * Nothing after it meets a promise, except the store's answer.
 */

import { SLUICE_FUNCTION, SLUICE_RULE } from '../errors.ts'
import { encodeKey, hashKeyText, skip, unlimited } from '../key.ts'
import type { CountingRule } from '../kind.ts'
import { isCountingRule, ruleKind } from '../kind.ts'
import { isPromise, type MaybePromise } from '../maybe-promise.ts'
import { resolveShare, shareKind } from '../rules/share/share.ts'
import { asFault, SluiceError } from '../sluice-error.ts'
import type { Charge, LimitFacts } from '../store.ts'
import { type Cost, checkCondition, checkCost, costFor } from './call-options.ts'
import type { CompiledLimit, Policy } from './policy.ts'
import type { Question } from './questions.ts'

/** Called with the fault of a limit's function. The limit is left out where this returns, and the call ends where it throws. */
export type OnFailure = (error: SluiceError, limit: string, call: unknown) => void

/** Called with a limit that admits everything, so that a quota can name it. */
export type OnUnlimited = (limit: LimitFacts) => void

/** The text of a key that the fast path has encoded already, or a function that repeats the answer of the limit's own function. */
export type ResolvedKey = string | (() => unknown)

/** What a call knows before its first question. */
interface CallContext<C> {
  readonly policy: Policy<C>
  readonly subject: C
  readonly cost: Cost
  readonly onFailure: OnFailure
  /** Stands for the request, if any. */
  readonly standsFor: unknown
  /** By index of the limit: keys that need no asking. */
  readonly keys: readonly ResolvedKey[]
  readonly charges: Charge[]
  /**
   * By index of the limit: what its rule function answered, or why it failed. A rule function is asked once for each call, also where
   * shares of its limit need the answer.
   */
  readonly rules: (CountingRule | SluiceError | typeof skip | typeof unlimited | undefined)[]
  /** Called with each limit that is unlimited for this call. */
  readonly onUnlimited: OnUnlimited | undefined
}

/** An answer that came later. */
interface LateAnswer {
  readonly value?: unknown
  readonly fault?: SluiceError
}

/**
 * The charges of one call, outermost first, without the limits that do not apply.
 * @param cost - checked
 * @param keys - keys of the first limits that are known already
 * @returns at once while every function answers at once
 */
export function gather<C>(
  policy: Policy<C>,
  subject: C,
  cost: Cost,
  onFailure: OnFailure,
  keys: readonly ResolvedKey[] = noKeys,
  standsFor: unknown = subject,
  onUnlimited?: OnUnlimited,
): MaybePromise<Charge[]> {
  // Sized beforehand: an empty array makes room for seventeen at its first push.
  const charges = new Array<Charge>(policy.limits.length)
  const rules = policy.asksRules ? new Array<undefined>(policy.limits.length) : noRules
  return askFrom({ policy, subject, cost, onFailure, standsFor, keys, charges, rules, onUnlimited }, 0, 0, '', undefined)
}

const noKeys: readonly ResolvedKey[] = Object.freeze([])
const noRules: undefined[] = []

/**
 * The one loop over the questions of a policy. What changes from question to question stays in local variables (`bench decide`).
 * @param from - index of the first question that has no answer yet
 * @param count - how many charges are made
 * @param known - the key of the limit that the first question belongs to
 * @param late - the answer to the first question, where it came later
 */
function askFrom<C>(
  call: CallContext<C>,
  from: number,
  count: number,
  known: string,
  late: LateAnswer | undefined,
): MaybePromise<Charge[]> {
  const { policy, charges } = call
  const { questions } = policy
  let at = from
  let found = count
  let key = known
  let waited = late
  while (at < questions.length) {
    const question = questions[at]!
    const { about, limit, next } = question
    try {
      const answer = waited === undefined ? answerOf(call, question) : lateAnswer(waited)
      waited = undefined
      if (isPromise(answer)) return resume(call, question, answer, at, found, key)
      let units: number | undefined
      if (about === 'rule') takeRule(call, question, answer)
      else if (about === 'cost') units = checkCost(answer, limit.facts.name)
      if (answer === skip || answer === unlimited || (about === 'when' && !checkCondition(answer, limit.facts.name))) {
        at = next
        continue
      }
      if (about === 'by') key = typeof call.keys[question.at] === 'string' ? (answer as string) : keyText(limit, answer)
      at += 1
      if (at < next) continue
      const charge = chargeOf(call, question, key, units, found)
      if (charge !== null) charges[found++] = charge
    } catch (cause) {
      waited = undefined
      at = next
      leaveOut(call, question, cause)
    }
  }
  if (found < charges.length) charges.length = found
  return charges
}

/**
 * The one place where the loop waits, for as long as `functionTimeout` allows. A function of its own: a closure in the loop would make
 * every call allocate.
 */
function resume<C>(
  call: CallContext<C>,
  question: Question<C>,
  answer: PromiseLike<unknown>,
  at: number,
  found: number,
  key: string,
): Promise<Charge[]> {
  const failed = (cause: unknown): never => {
    throw functionFault(call, question, cause)
  }
  return call.policy.time.within(answer, functionFacts(call, question), failed).then(
    (value) => askFrom(call, at, found, key, { value }),
    (fault: SluiceError) => askFrom(call, at, found, key, { fault }),
  )
}

/** The text of the key that `by` answered. @throws SluiceError `SLUICE_KEY` */
function keyText<C>({ facts, definition }: CompiledLimit<C>, key: unknown): string {
  const text = encodeKey(key, facts.name)
  return definition.hashKey === true ? hashKeyText(text) : text
}

function lateAnswer({ value, fault }: LateAnswer): unknown {
  if (fault !== undefined) throw fault
  return value
}

/** The answer of a question. It calls a function of the application, unless the call knows the answer. */
function answerOf<C>(call: CallContext<C>, question: Question<C>): unknown {
  const { about, at, place } = question
  let ask = question.ask
  if (about === 'by') {
    const known = call.keys[at]
    if (typeof known === 'string') return known
    if (known !== undefined) ask = known
  } else if (about === 'rule') {
    if (call.rules[at] !== undefined) return ruleOf(call, at)
  } else if (about === 'cost') {
    const { fixedCost } = ruleOf(call, place)[ruleKind]
    if (fixedCost !== undefined) return fixedCost
  }
  try {
    return ask(call.subject)
  } catch (cause) {
    throw functionFault(call, question, cause)
  }
}

function takeRule<C>({ policy, rules, onUnlimited }: CallContext<C>, { at, limit }: Question<C>, answer: unknown): void {
  if (answer !== skip && answer !== unlimited && !isCountingRule(answer))
    throw new SluiceError(SLUICE_RULE, { name: policy.limits[at]!.facts.name, value: answer })
  rules[at] = answer
  if (answer === unlimited) onUnlimited?.(limit.facts)
}

/**
 * The charge of a limit whose questions are all answered.
 * @param units - what its cost function answered
 */
function chargeOf<C>(
  call: CallContext<C>,
  { limit, place }: Question<C>,
  key: string,
  units: number | undefined,
  found: number,
): Charge | null {
  const { facts, definition, share } = limit
  const rule = limit.fixedRule ?? ruleOf(call, place)
  const cost = rule[ruleKind].fixedCost ?? units ?? (definition.cost as number | undefined) ?? costFor(limit, call.cost, 1)
  if (share?.[shareKind].besideParent !== true) return { limit: facts, key, terms: limit.termsOf(rule), cost }
  // The share costs what its parent is charged. If the parent does not apply, there is nothing to have a share of.
  for (let i = 0; i < found; i++) {
    const parent = call.charges[i]!
    if (parent.limit.name === share.parent) return { limit: facts, key, terms: limit.termsOf(rule), cost: parent.cost }
  }
  return null
}

/** The rule of this call: a constant, an answer, or a share of the parent's rule of this call, whether or not the parent applies. */
function ruleOf<C>(call: CallContext<C>, at: number): CountingRule {
  const { fixedRule, share, parentAt, facts } = call.policy.limits[at]!
  if (fixedRule !== undefined) return fixedRule
  if (share !== undefined) return resolveShare(share, ruleOf(call, parentAt), facts.name)
  const rule = call.rules[at]!
  if (rule instanceof SluiceError) throw rule
  return rule as CountingRule
}

/** Passes a fault on. The call goes on without the limit where the limiter says so by returning. */
function leaveOut<C>(call: CallContext<C>, { about, at, limit }: Question<C>, cause: unknown): void {
  const { name } = limit.facts
  const error = asFault(cause, SLUICE_FUNCTION, { function: 'limit', name })
  if (about === 'rule') call.rules[at] = error
  call.onFailure(error, name, call.standsFor)
}

/** What an error says of a function for logs. */
function functionFacts<C>({ policy }: CallContext<C>, { about, at }: Question<C>): { readonly function: string; readonly name: string } {
  return { function: about, name: policy.limits[at]!.facts.name }
}

function functionFault<C>(call: CallContext<C>, question: Question<C>, cause: unknown): SluiceError {
  // The connection has no address, which no function of the application can help: most limits by address have none.
  if (cause instanceof SluiceError && cause.code === 'SLUICE_ADDRESS') return cause
  return new SluiceError(SLUICE_FUNCTION, functionFacts(call, question), { cause })
}
