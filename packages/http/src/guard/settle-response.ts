/** Settling a request after its response: what each limit is finally charged, over all the reservations that the request made. */
import { type Cost, type LimitStatus, type MaybePromise, type Reservation, SluiceError } from '@sluice/core'
import { andThen, debitedAfter, isPromise, isUnitsByName, SLUICE_FUNCTION, SLUICE_STORE } from '@sluice/core/internal'
import { allAtOnce, attempt, isTimeout } from '../attempt.ts'
import type { ResponseFacts } from '../http-limit.ts'
import type { StageSubject } from './core-limit.ts'
import { leaseOf } from './keep-slots.ts'
import { checkUnits } from './route-cost.ts'
import type { Stage } from './stage.ts'

/** What one stage of a request has charged. */
export interface StageCharge<R> {
  readonly stage: Stage<R>
  readonly reservation: Reservation
  readonly subject: StageSubject<R>
}

/** What is known when a request is settled. */
export interface Truth {
  /** `null` while the response is still being made. */
  readonly response: ResponseFacts | null
  /** The units that the handler stated. */
  readonly stated: Cost | undefined
}

/** Whether something must wait for the end of the response: a settlement, or a slot to be given back. */
export function waitsForResponse<R>({ stage, reservation }: StageCharge<R>): boolean {
  return stage.settles.size > 0 || leaseOf(reservation) !== null || (stage.bound !== null && debitedAfter(reservation).length > 0)
}

/** @throws SluiceError `SLUICE_COST` for units that no request can use. Names are not checked: a limit may not apply to this request. */
export function checkStated(stated: Cost): void {
  if (!isUnitsByName(stated)) checkUnits('settle', stated)
  else for (const [name, units] of Object.entries(stated)) checkUnits(name, units)
}

/**
 * Settles all that a request has charged. After the response no caller waits for it. What a store could not settle stays charged and is a
 * fault of its guard; the other stores are settled all the same.
 */
export function settleAll<R>(charges: readonly StageCharge<R>[], truth: Truth): MaybePromise<void> {
  // The same name in two stores is two budgets, and each of them gets the whole truth.
  const stores = new Set(charges.map(({ stage }) => stage.store))
  return allAtOnce([...stores], (store) => {
    const inStore = charges.filter(({ stage }) => stage.store === store)
    if (inStore.length === 1 || truth.response === null) return settleStore(inStore, truth)
    // A function of the application may take long. What does not depend on it is settled now, such as the slot of another stage.
    const late = settledByFunction(inStore)
    const isLate = (charge: StageCharge<R>): boolean => late.has(charge)
    return allAtOnce([inStore.filter((charge) => !isLate(charge)), inStore.filter(isLate)], (group) => settleStore(group, truth))
  })
}

/** The charges that wait for a function, and those that share a limit with one of them. */
function settledByFunction<R>(charges: readonly StageCharge<R>[]): ReadonlySet<StageCharge<R>> {
  const found = new Set(charges.filter(({ stage }) => [...stage.settles.values()].some((settle) => typeof settle === 'function')))
  const shares = ({ reservation }: StageCharge<R>): boolean =>
    [...found].some((one) => reservation.decision.limits.some(({ name }) => statusIn(one.reservation, name) !== undefined))
  for (let before = -1; before < found.size; ) {
    before = found.size
    for (const charge of charges) if (shares(charge)) found.add(charge)
  }
  return found
}

/** Cancels all charges, each whatever becomes of the others. A store that fails is a fault of its guard, and its units stay charged. */
export function cancelAll<R>(charges: readonly StageCharge<R>[]): MaybePromise<void> {
  return allAtOnce(charges, (charge) => orPublish(charge, () => charge.reservation.cancel()))
}

/** Units that are left to settle, by limit; `undefined` for limits that keep their estimate. */
type Actual = Map<string, number | undefined>

function settleStore<R>(charges: readonly StageCharge<R>[], truth: Truth): MaybePromise<void> {
  const names = new Set(charges.flatMap(({ reservation }) => reservation.decision.limits.map((status) => status.name)))
  const actual: Actual = new Map()
  const learn = (name: string): MaybePromise<void> => andThen(actualOf(name, charges, truth), (units) => void actual.set(name, units))
  return andThen(allAtOnce([...names], learn), () => allAtOnce(charges, (charge) => settleCharge(charge, charges, actual, truth)))
}

/** Units that a limit is finally charged; `undefined` keeps the estimate. */
function actualOf<R>(name: string, charges: readonly StageCharge<R>[], { response, stated }: Truth): MaybePromise<number | undefined> {
  // The innermost stage decides how the limit is settled, for its route replaces the options of outer ones.
  const charge = charges.findLast(({ stage }) => stage.limitNamed(name) !== undefined)
  if (typeof stated === 'object' && Object.hasOwn(stated, name)) return stated[name]
  if (typeof stated === 'number' && charge !== undefined && charge.stage.limitNamed(name)?.cost === undefined) return stated
  const settle = charge?.stage.settles.get(name) ?? (isOwed(name, charges) ? 'asDecided' : undefined)
  if (settle === undefined || response === null) return undefined
  if (settle === 'asDecided') return asDecided(name, charges)
  const isAfter = charge!.stage.limitNamed(name)!.debit === 'after'
  /** Nothing is held with `debit: 'after'`, so that the estimate is kept by charging it now. */
  const estimate = (): number | undefined => (isAfter ? asDecided(name, charges) : undefined)
  const failed = (cause: unknown): number | undefined => {
    charge!.stage.onFault(
      isTimeout(cause) ? cause : new SluiceError(SLUICE_FUNCTION, { function: 'settle', name }, { cause }),
      name,
      charge!.subject,
    )
    return estimate()
  }
  const checked = (units: number | undefined): number | undefined => {
    if (units === undefined) return estimate()
    checkUnits('settle', units)
    return units
  }
  try {
    const units = settle(response, charge!.subject)
    return isPromise(units) ? units.then(checked).catch(failed) : checked(units)
  } catch (cause) {
    return failed(cause)
  }
}

/** Whether a limiter of the application has a limit of this name that is charged afterwards: its own definitions are not known here. */
function isOwed<R>(name: string, charges: readonly StageCharge<R>[]): boolean {
  return charges.some(({ stage, reservation }) => stage.bound !== null && debitedAfter(reservation).includes(name))
}

/** The units that were checked. With `debit: 'after'` a stage holds nothing, so that each one checked the whole cost. */
function asDecided<R>(name: string, charges: readonly StageCharge<R>[]): number {
  return charges.reduce((most, { reservation }) => Math.max(most, statusIn(reservation, name)?.cost ?? 0), 0)
}

/**
 * Settles one charge with its part of the final units: as much as it holds, and for the last charge of a limit all that is left. A limit
 * that a later stage topped up is thus charged once, not once for each stage.
 */
function settleCharge<R>(charge: StageCharge<R>, charges: readonly StageCharge<R>[], actual: Actual, truth: Truth): MaybePromise<void> {
  const { stage, reservation } = charge
  if (stage.bound !== null && typeof truth.stated === 'number')
    return settleWith(charge, shareOfBound(charge, charges, truth.stated), truth)
  const later = charges.slice(charges.indexOf(charge) + 1)
  const units: Record<string, number> = Object.create(null) as Record<string, number>
  for (const status of reservation.decision.limits) {
    const left = actual.get(status.name)
    if (left === undefined) continue
    const held = stage.limitNamed(status.name)?.debit === 'after' ? 0 : status.cost
    const last = !later.some((one) => statusIn(one.reservation, status.name) !== undefined)
    units[status.name] = last ? left : Math.min(left, held)
    actual.set(status.name, left - units[status.name]!)
  }
  if (Object.keys(units).length > 0 || leaseOf(reservation) !== null) return settleWith(charge, units, truth)
}

/** The same for a number that was stated for a limiter of the application, which alone knows the limits with a cost of their own. */
function shareOfBound<R>(charge: StageCharge<R>, charges: readonly StageCharge<R>[], stated: number): number {
  const calls = charges.filter(({ stage }) => stage.bound?.limiter === charge.stage.bound?.limiter)
  let left = stated
  let held = 0
  for (const call of calls.slice(0, calls.indexOf(charge) + 1)) {
    const wanted = call.stage.bound!.units
    const units = call === calls.at(-1) ? left : Math.min(left, Math.max(0, wanted - held))
    if (call === charge) return units
    held = Math.max(held, wanted)
    left -= units
  }
  return left
}

function settleWith<R>(charge: StageCharge<R>, units: Cost, { response }: Truth): MaybePromise<void> {
  const settle = (): MaybePromise<void> => charge.reservation.settle(units)
  return response === null ? settle() : orPublish(charge, settle)
}

/** After the response no caller waits for an answer: a store that fails is a fault of its guard. */
function orPublish<R>({ stage, subject }: StageCharge<R>, call: () => MaybePromise<void>): MaybePromise<void> {
  return attempt(call, (cause) => stage.onFault(new SluiceError(SLUICE_STORE, {}, { cause }), null, subject))
}

function statusIn({ decision }: Reservation, name: string): LimitStatus | undefined {
  return decision.limits.find((status) => status.name === name)
}
