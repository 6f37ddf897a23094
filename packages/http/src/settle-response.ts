/** The truth after the response: what each limit is finally charged, over all the reservations that a request made. */
import { andThen, type Cost, isPromise, type LimitStatus, type MaybePromise, type Reservation, SluiceError } from '@sluice/core'
import type { HttpSubject } from './core-limit.ts'
import type { ResponseFacts } from './http-limit.ts'
import { inTurn } from './in-turn.ts'
import type { Stage } from './stage.ts'

/** A stage that a request has passed, and what it charged. */
export interface Stay<R> {
  readonly stage: Stage<R>
  readonly reservation: Reservation
}

/** What is known when a request is settled. */
export interface Truth<R> {
  readonly subject: HttpSubject<R>
  /** `null` while the response is still being made. */
  readonly response: ResponseFacts | null
  /** What the handler said. */
  readonly stated: Cost | undefined
  /** Told of settlement functions that failed: their limits stay charged as estimated. */
  onFault(error: SluiceError, limit: string | null): void
}

/** Whether something must wait for the end of the response: a settlement, or a slot to be given back. */
export function waitsForResponse<R>({ stage, reservation }: Stay<R>): boolean {
  return stage.settles.size > 0 || reservation.decision.limits.some((status) => status.rule.kind === 'concurrency')
}

/** Settles all that a request has charged. */
export function settleAll<R>(stays: readonly Stay<R>[], truth: Truth<R>): MaybePromise<void> {
  const names = new Set(stays.flatMap(({ reservation }) => reservation.decision.limits.map((status) => status.name)))
  const steps = [...names].map((name) => () => andThen(actualOf(name, stays, truth), (units) => void actual.set(name, units)))
  const actual = new Map<string, number | undefined>()
  return andThen(inTurn(steps), () => inTurn(stays.map((stay, i) => () => settleStay(stay, stays.slice(i + 1), actual, truth.stated))))
}

/** Units that a limit is finally charged; `undefined` keeps the estimate. */
function actualOf<R>(
  name: string,
  stays: readonly Stay<R>[],
  { subject, response, stated, onFault }: Truth<R>,
): MaybePromise<number | undefined> {
  const stage = stays.find((stay) => stay.stage.limitNamed(name) !== undefined)?.stage
  const limit = stage?.limitNamed(name)
  if (stated !== undefined && typeof stated === 'object' && Object.hasOwn(stated, name)) return stated[name]
  if (typeof stated === 'number' && limit?.cost === undefined) return stated
  const settle = stage?.settles.get(name)
  if (settle === undefined || response === null) return undefined
  if (settle === 'asDecided') return stays.reduce((sum, stay) => sum + (statusIn(stay, name)?.cost ?? 0), 0)
  const failed = (cause: unknown): undefined => {
    onFault(new SluiceError('SLUICE_FUNCTION', { function: 'settle', name }, { cause }), name)
  }
  try {
    const units = settle(response, subject.request, subject.http)
    return isPromise(units) ? units.then((late) => checked(late)).catch(failed) : checked(units)
  } catch (cause) {
    return failed(cause)
  }
}

function checked(units: unknown): number | undefined {
  if (units === undefined || (typeof units === 'number' && Number.isSafeInteger(units) && units >= 0)) return units
  throw new SluiceError('SLUICE_COST', { name: 'settle', value: units })
}

/**
 * What of the final units falls to this stay: as much as it holds, and to the last stay of a limit all that is left. A limit that a
 * later stage topped up is thus charged once, not once a stage.
 */
function settleStay<R>(
  { stage, reservation }: Stay<R>,
  later: readonly Stay<R>[],
  actual: Map<string, number | undefined>,
  stated: Cost | undefined,
): MaybePromise<void> {
  if (stage.isBound) return stated === undefined ? undefined : reservation.settle(namedHere(stated, reservation))
  const units: Record<string, number> = Object.create(null)
  for (const status of reservation.decision.limits) {
    const left = actual.get(status.name)
    if (left === undefined) continue
    const held = stage.limitNamed(status.name)?.debit === 'after' ? 0 : status.cost
    const last = !later.some((stay) => statusIn(stay, status.name) !== undefined)
    units[status.name] = last ? left : Math.min(left, held)
    actual.set(status.name, left - units[status.name]!)
  }
  return reservation.settle(units)
}

/** What was said of the limits of one reservation: names of other limits of the request are not its concern. */
function namedHere(stated: Cost, { decision }: Reservation): Cost {
  if (typeof stated === 'number') return stated
  return Object.fromEntries(Object.entries(stated).filter(([name]) => decision.limits.some((status) => status.name === name)))
}

function statusIn<R>({ reservation }: Stay<R>, name: string): LimitStatus | undefined {
  return reservation.decision.limits.find((status) => status.name === name)
}
