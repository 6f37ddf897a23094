/** The truth after the response: what each limit is finally charged, over all the reservations that a request made. */
import {
  andThen,
  type Cost,
  debitedAfter,
  isPromise,
  type LimitStatus,
  type MaybePromise,
  type Reservation,
  SluiceError,
} from '@sluice/core'
import type { ResponseFacts } from '../http-limit.ts'
import type { HttpSubject } from './core-limit.ts'
import { inTurn } from './in-turn.ts'
import { leaseOf } from './keep-slots.ts'
import { checkUnits } from './route-cost.ts'
import type { Stage } from './stage.ts'

/** A stage that a request has passed, and what it charged. */
export interface Stay<R> {
  readonly stage: Stage<R>
  readonly reservation: Reservation
  readonly subject: HttpSubject<R>
}

/** What is known when a request is settled. */
export interface Truth {
  /** `null` while the response is still being made. */
  readonly response: ResponseFacts | null
  /** What the handler said. */
  readonly stated: Cost | undefined
}

/** Whether something must wait for the end of the response: a settlement, or a slot to be given back. */
export function waitsForResponse<R>({ stage, reservation }: Stay<R>): boolean {
  return stage.settles.size > 0 || leaseOf(reservation) !== null || (stage.bound !== null && debitedAfter(reservation).length > 0)
}

/** @throws SluiceError `SLUICE_COST` for units that nobody can have used. Names are not checked: a limit may not apply to this request. */
export function checkStated(stated: Cost): void {
  if (typeof stated !== 'object' || stated === null) checkUnits('settle', stated)
  else for (const [name, units] of Object.entries(stated)) checkUnits(name, units)
}

/**
 * Settles all that a request has charged. After the response nobody waits for it: what a store could not settle stays charged, its
 * guard is told, and the other stores are settled all the same.
 */
export function settleAll<R>(stays: readonly Stay<R>[], truth: Truth): MaybePromise<void> {
  // The same name in two stores is two budgets, and each of them gets the whole truth.
  const stores = new Set(stays.map(({ stage }) => stage.store))
  return inTurn([...stores], (store) => {
    const inStore = stays.filter(({ stage }) => stage.store === store)
    return settleStore(inStore, truth)
  })
}

/** Units that are left to settle, by limit; `undefined` for limits that keep their estimate. */
type Actual = Map<string, number | undefined>

function settleStore<R>(stays: readonly Stay<R>[], truth: Truth): MaybePromise<void> {
  const names = new Set(stays.flatMap(({ reservation }) => reservation.decision.limits.map((status) => status.name)))
  const actual: Actual = new Map()
  const learn = (name: string): MaybePromise<void> => andThen(actualOf(name, stays, truth), (units) => void actual.set(name, units))
  return andThen(inTurn([...names], learn), () => inTurn(stays, (stay) => settleStay(stay, stays, actual, truth)))
}

/** Units that a limit is finally charged; `undefined` keeps the estimate. */
function actualOf<R>(name: string, stays: readonly Stay<R>[], { response, stated }: Truth): MaybePromise<number | undefined> {
  // The innermost says how it is settled, for its route replaces what outer ones say.
  const stay = stays.findLast(({ stage }) => stage.limitNamed(name) !== undefined)
  if (typeof stated === 'object' && Object.hasOwn(stated, name)) return stated[name]
  if (typeof stated === 'number' && stay !== undefined && stay.stage.limitNamed(name)?.cost === undefined) return stated
  const settle = stay?.stage.settles.get(name) ?? (isOwed(name, stays) ? 'asDecided' : undefined)
  if (settle === undefined || response === null) return undefined
  // With `debit: 'after'` a stage holds nothing, so that each one was asked for the whole.
  if (settle === 'asDecided') return stays.reduce((most, { reservation }) => Math.max(most, statusIn(reservation, name)?.cost ?? 0), 0)
  const failed = (cause: unknown): undefined => {
    stay!.stage.onFault(new SluiceError('SLUICE_FUNCTION', { function: 'settle', name }, { cause }), name)
  }
  try {
    const units = settle(response, stay!.subject.request, stay!.subject.http)
    return isPromise(units) ? units.then(checked).catch(failed) : checked(units)
  } catch (cause) {
    return failed(cause)
  }
}

/** Whether a limiter of the application has a limit of this name that is charged afterwards; what it says of its limits is its own. */
function isOwed<R>(name: string, stays: readonly Stay<R>[]): boolean {
  return stays.some(({ stage, reservation }) => stage.bound !== null && debitedAfter(reservation).includes(name))
}

function checked(units: number | undefined): number | undefined {
  if (units !== undefined) checkUnits('settle', units)
  return units
}

/**
 * What of the final units falls to this stay: as much as it holds, and to the last stay of a limit all that is left. A limit that a
 * later stage topped up is thus charged once, not once a stage.
 */
function settleStay<R>(stay: Stay<R>, stays: readonly Stay<R>[], actual: Actual, truth: Truth): MaybePromise<void> {
  const { stage, reservation } = stay
  if (stage.bound !== null && typeof truth.stated === 'number') return settleWith(stay, shareOfBound(stay, stays, truth.stated), truth)
  const later = stays.slice(stays.indexOf(stay) + 1)
  const units: Record<string, number> = Object.create(null) as Record<string, number>
  for (const status of reservation.decision.limits) {
    const left = actual.get(status.name)
    if (left === undefined) continue
    const held = stage.limitNamed(status.name)?.debit === 'after' ? 0 : status.cost
    const last = !later.some((one) => statusIn(one.reservation, status.name) !== undefined)
    units[status.name] = last ? left : Math.min(left, held)
    actual.set(status.name, left - units[status.name]!)
  }
  if (Object.keys(units).length > 0 || leaseOf(reservation) !== null) return settleWith(stay, units, truth)
}

/** The same of a number that was said of a limiter of the application, which alone knows the limits with a cost of their own. */
function shareOfBound<R>(stay: Stay<R>, stays: readonly Stay<R>[], stated: number): number {
  const calls = stays.filter(({ stage }) => stage.bound?.limiter === stay.stage.bound?.limiter)
  let left = stated
  let held = 0
  for (const call of calls.slice(0, calls.indexOf(stay) + 1)) {
    const asked = call.stage.bound!.units
    const units = call === calls.at(-1) ? left : Math.min(left, Math.max(0, asked - held))
    if (call === stay) return units
    held = Math.max(held, asked)
    left -= units
  }
  return left
}

function settleWith<R>({ stage, reservation }: Stay<R>, units: Cost, { response }: Truth): MaybePromise<void> {
  if (response === null) return reservation.settle(units)
  const failed = (cause: unknown): void => stage.onFault(new SluiceError('SLUICE_STORE', {}, { cause }), null)
  try {
    const settled = reservation.settle(units)
    return isPromise(settled) ? settled.catch(failed) : settled
  } catch (cause) {
    failed(cause)
  }
}

function statusIn({ decision }: Reservation, name: string): LimitStatus | undefined {
  return decision.limits.find((status) => status.name === name)
}
