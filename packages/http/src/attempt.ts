/** Calls that may fail or answer at once or later: functions of the application, and one step for several items. */
import type { MaybePromise } from '@sluice/core'
import { asFault, type FunctionTime, isPromise } from '@sluice/core/internal'
import { SLUICE_ROUTE_FUNCTION, SluiceError } from './errors.ts'

/** Which function is called, and the time that it has. */
export interface CalledFunction {
  readonly time: FunctionTime
  /** `when`, `cost`, `subject`, `message`, `body`. */
  readonly name: string
}

/**
 * The answer of a function, or what `failed` makes of what it threw or rejected with.
 * @param called - bounds an answer that comes later: one that takes too long has failed with `SLUICE_FUNCTION_TIMEOUT`
 */
export function attempt<T, F>(call: () => MaybePromise<T>, failed: (cause: unknown) => F, called?: CalledFunction): MaybePromise<T | F> {
  try {
    const answer = call()
    if (!isPromise(answer)) return answer
    // A query builder may be a thenable and no more than that.
    const late = called === undefined ? Promise.resolve(answer) : called.time.within(answer, { function: called.name })
    return late.catch(failed)
  } catch (cause) {
    return failed(cause)
  }
}

/** Whether the time of a function was over. */
export function isTimeout(cause: unknown): cause is SluiceError {
  return cause instanceof SluiceError && cause.code === 'SLUICE_FUNCTION_TIMEOUT'
}

/** The fault of a function that belongs to no limit: one of sluice itself, such as that its time was over, or that it failed. */
export function functionFault(name: string, cause: unknown): SluiceError {
  return asFault(cause, SLUICE_ROUTE_FUNCTION, { function: name })
}

/** Takes the step for every item without waiting for the others. @returns when all are done; the first failure, if any */
export function allAtOnce<T>(items: readonly T[], step: (item: T) => MaybePromise<void>): MaybePromise<void> {
  let late: Promise<void>[] | undefined
  for (const item of items) {
    const taken = step(item)
    if (isPromise(taken)) late = [...(late ?? []), taken]
  }
  if (late !== undefined) return late.length === 1 ? late[0]! : Promise.all(late).then(() => undefined)
}
