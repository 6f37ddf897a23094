/** Calls of the application's functions, which may fail at once or later, or not answer in time. */
import { type MaybePromise, SluiceError } from '@sluice/core'
import { asFault, type FunctionTime, isPromise } from '@sluice/core/internal'

/** Which function is called, and the time that it has. */
export interface Called {
  readonly time: FunctionTime
  /** `when`, `cost`, `subject`, `message`, `body`. */
  readonly name: string
}

/**
 * What a function answers, or what `failed` makes of what it threw or rejected with.
 * @param called - bounds an answer that comes later: one that takes too long has failed with `SLUICE_FUNCTION_TIMEOUT`
 */
export function attempt<T, F>(call: () => MaybePromise<T>, failed: (cause: unknown) => F, called?: Called): MaybePromise<T | F> {
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
  return asFault(cause, 'SLUICE_ROUTE_FUNCTION', { function: name })
}
