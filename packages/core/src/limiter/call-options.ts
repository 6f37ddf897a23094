/** The options of a call: its cost, and the signal that ends the wait for an answer. */
import { SLUICE_ABORTED, SLUICE_COST, SLUICE_LIMIT_UNKNOWN, SLUICE_OPTION_TYPE, SLUICE_RESERVE_NEEDED, SLUICE_WHEN } from '../errors.ts'
import { ruleKind } from '../kind.ts'
import { checkOptions } from '../options.ts'
import { SluiceError, withText } from '../sluice-error.ts'
import type { Charge } from '../store.ts'
import type { CallOptions } from './limiter-contract.ts'
import type { CompiledLimit, Policy } from './policy.ts'

/**
 * Without types a cost is easily passed bare, as other limiters take it: that must not pass for a cost of 1.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_ABORTED`, `SLUICE_COST`, `SLUICE_LIMIT_UNKNOWN`
 */
export function checkCallOptions<C>(o: CallOptions | undefined, policy: Policy<C>): void {
  if (o === undefined) return
  if (typeof o !== 'object' || o === null) {
    const facts = { option: 'What a call says', wanted: 'an object, such as { cost: 5 }', value: o }
    throw new SluiceError(SLUICE_OPTION_TYPE, facts, { text: 'fixed' })
  }
  withText('fixed', () => checkNames(o))
  if (o.signal !== undefined) checkSignal(o.signal)
  throwIfAborted(o.signal)
  if (o.cost !== undefined) checkCallCost(o.cost, policy)
}

/** `upTo` is what `consumeUpTo` adds. */
const known = ['cost', 'signal', 'extend', 'upTo']

/** A misspelt `cost` must not pass for a cost of 1. @throws SluiceError `SLUICE_OPTION_UNKNOWN` */
function checkNames(o: CallOptions): void {
  if (!hasOnlyKnownNames(o)) checkOptions(o, 'call', known)
}

/** Whether options of a call have no unknown name. */
export function hasOnlyKnownNames(o: CallOptions): boolean {
  for (const name in o) if (!known.includes(name)) return false
  return true
}

/** @throws SluiceError `SLUICE_OPTION_TYPE` unless it can be listened to */
function checkSignal(signal: Partial<Signal> | null): void {
  if (typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function') return
  throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'signal', wanted: 'an AbortSignal', value: signal }, { text: 'fixed' })
}

/** @throws SluiceError `SLUICE_RESERVE_NEEDED` for `consume` with a limit that only a reservation can give back */
export function checkConsumable(charges: readonly Charge[]): void {
  // By index: an iterator costs this path more than what it looks at.
  for (let i = 0; i < charges.length; i++) {
    const { limit, terms } = charges[i]!
    if (terms.rule[ruleKind].mustReserve) throw new SluiceError(SLUICE_RESERVE_NEEDED, { name: limit.name })
  }
}

/** One number for every limit without a cost of its own, or units by limit name (1 where a name is missing). */
export type Cost = number | Readonly<Record<string, number>>

/** What a `when` answered. An answer that is no boolean is a mistake, or came from a client. @throws SluiceError `SLUICE_WHEN` */
export function checkCondition(answer: unknown, name: string | null): boolean {
  if (typeof answer === 'boolean') return answer
  throw new SluiceError(SLUICE_WHEN, { name, value: answer })
}

/** The cost itself. @throws SluiceError `SLUICE_COST` unless it is a whole number from 0 */
export function checkCost(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new SluiceError(SLUICE_COST, { name, value })
  // -0 is a whole number too, and would show up in headers.
  return value === 0 ? 0 : value
}

/** Checks what a caller passed as cost. @throws SluiceError `SLUICE_COST`, `SLUICE_LIMIT_UNKNOWN` */
export function checkCallCost<C>(cost: Cost, policy: Policy<C>): void {
  if (!isUnitsByName(cost)) {
    checkCost(cost, 'this call')
    return
  }
  for (const [name, units] of Object.entries(cost)) {
    if (!policy.byName.has(name)) throw new SluiceError(SLUICE_LIMIT_UNKNOWN, { name, choices: [...policy.byName.keys()] })
    checkCost(units, name)
  }
}

/** Whether a cost is units by limit name: a plain object, and no list, date or map, which would name no limit. */
export function isUnitsByName(cost: unknown): cost is Readonly<Record<string, number>> {
  if (typeof cost !== 'object' || cost === null) return false
  const prototype: unknown = Object.getPrototypeOf(cost)
  // The plain objects of another realm, such as a test runner's, have another Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** What a checked cost says of one limit; `missing` is what a name that is not there means. */
export function costFor<C>(limit: CompiledLimit<C>, cost: Cost, missing: number): number {
  if (typeof cost === 'number') return cost
  return Object.hasOwn(cost, limit.facts.name) ? cost[limit.facts.name]! : missing
}

/** The part of `AbortSignal` that is used; every runtime's own fits. */
export interface Signal {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** @throws SluiceError `SLUICE_ABORTED` if the signal has been given */
export function throwIfAborted(signal: Signal | undefined): void {
  if (signal?.aborted) throw new SluiceError(SLUICE_ABORTED, {}, { cause: signal.reason })
}

/**
 * The answer, or `SLUICE_ABORTED` as soon as the signal is given.
 * @param onLate - gets an answer that came after the signal; must not throw
 */
export function abortable<T>(answer: Promise<T>, signal: Signal, onLate: (answer: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let gone = false
    const abort = (): void => {
      gone = true
      reject(new SluiceError(SLUICE_ABORTED, {}, { cause: signal.reason }))
    }
    signal.addEventListener('abort', abort)
    answer.then((value) => (gone ? onLate(value) : resolve(value)), reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
