/** A store whose answers are checked: one that makes no sense is a failure of the store, never a decision. */

import type { Ban } from '../ban-kind.ts'
import type { LimitStatus } from '../decision.ts'
import { SLUICE_STORE_ANSWER } from '../errors.ts'
import { isPromise, type MaybePromise } from '../maybe-promise.ts'
import { SluiceError } from '../sluice-error.ts'
import type { BlockedKey, Hold, Settled, Store, Verdict } from '../store.ts'

/** What of a store is asked and answers. */
export type CheckedStore = Pick<Store, 'decide' | 'decideLaterStage' | 'settle' | 'renew' | 'inspect' | 'strike' | 'blocked'>

/** The verbs of a store whose answers are used. @throws SluiceError `SLUICE_STORE_ANSWER` from each, or a promise rejected with it */
export function checkedAnswers(store: Store): CheckedStore {
  return {
    decide: (call) => checked('decide', store.decide(call), isVerdict),
    decideLaterStage(call) {
      const verdict = store.decideLaterStage?.(call)
      return verdict === undefined ? undefined : checked('decideLaterStage', verdict, isVerdict)
    },
    settle: (hold, actual) => checked('settle', store.settle(hold, actual), isSettled),
    renew: (hold) => checked('renew', store.renew(hold), isBoolean),
    inspect: (...args) => checked('inspect', store.inspect(...args), isStatusOrNull),
    strike: (limit, key) => checked('strike', store.strike(limit, key), isBanOrNull),
    blocked: (limit, most) => checked('blocked', store.blocked(limit, most), isBlockedList),
  }
}

function checked<T>(verb: keyof Store, answer: MaybePromise<T>, isAnswer: (value: unknown) => value is T): MaybePromise<T> {
  if (isPromise(answer)) return answer.then((late) => checkedNow(verb, late, isAnswer))
  return checkedNow(verb, answer, isAnswer)
}

/** The answer itself is not in the message: it may hold keys. */
function checkedNow<T>(verb: keyof Store, answer: unknown, isAnswer: (value: unknown) => value is T): T {
  if (isAnswer(answer)) return answer
  throw new SluiceError(SLUICE_STORE_ANSWER, { verb })
}

function isVerdict(value: unknown): value is Verdict {
  const { allowed, limits, undone, hold } = record(value)
  return isBoolean(allowed) && isListOf(limits, isStatus) && isListOf(undone, isStatus) && (hold === null || isHold(hold))
}

function isStatus(value: unknown): value is LimitStatus {
  const { name, allowed, remaining } = record(value)
  return typeof name === 'string' && isBoolean(allowed) && Number.isFinite(remaining)
}

function isStatusOrNull(value: unknown): value is LimitStatus | null {
  return value === null || isStatus(value)
}

function isHold(value: unknown): value is Hold {
  return isListOf(record(value).entries, (entry): entry is unknown => Number.isFinite(record(entry).units))
}

function isSettled(value: unknown): value is Settled {
  const { first, excess } = record(value)
  return isBoolean(first) && isListOf(excess, (units): units is number => Number.isFinite(units))
}

function isBanOrNull(value: unknown): value is Ban | null {
  const { level, durationMs } = record(value)
  return value === null || (Number.isFinite(level) && Number.isFinite(durationMs))
}

function isBlockedList(value: unknown): value is readonly BlockedKey[] {
  return isListOf(value, (one): one is BlockedKey => typeof record(one).key === 'string' && Number.isFinite(record(one).blockedForMs))
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

function isListOf<T>(value: unknown, isOne: (one: unknown) => one is T): value is readonly T[] {
  return Array.isArray(value) && value.every(isOne)
}

type Field =
  | 'allowed'
  | 'blockedForMs'
  | 'durationMs'
  | 'entries'
  | 'excess'
  | 'first'
  | 'hold'
  | 'key'
  | 'level'
  | 'limits'
  | 'name'
  | 'remaining'
  | 'undone'
  | 'units'
type Fields = { readonly [name in Field]?: unknown }
const nothing: Fields = Object.freeze({})

/** The fields of a value; none where it is no object. */
function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? value : nothing
}
