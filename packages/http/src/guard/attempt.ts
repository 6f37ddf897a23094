/** Calls of the application's functions, which may fail at once, or later. */
import { isPromise, type MaybePromise } from '@sluice/core'

/** What a function answers, or what `failed` makes of what it threw or rejected with. */
export function attempt<T, F>(call: () => MaybePromise<T>, failed: (cause: unknown) => F): MaybePromise<T | F> {
  try {
    const answer = call()
    // A query builder may be a thenable and no more than that.
    return isPromise(answer) ? Promise.resolve(answer).catch(failed) : answer
  } catch (cause) {
    return failed(cause)
  }
}
