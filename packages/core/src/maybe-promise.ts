/** Answers that may come at once or later. */

/** Always `await` it: a limiter whose store or rules are chosen at run time answers at once or later. */
export type MaybePromise<T> = T | Promise<T>

/** Whether an answer comes later. */
export function isPromise<T>(value: MaybePromise<T> | PromiseLike<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<T>).then === 'function'
}

/** Goes on with an answer at once where it is there, and later where it is a promise. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return isPromise(value) ? value.then(next) : next(value)
}
