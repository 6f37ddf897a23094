/** Answers that may come at once or later. */

/** Always `await` it: a limiter whose store or rules are chosen at run time answers at once or later. */
export type MaybePromise<T> = T | Promise<T>

/** Whether an answer comes later. */
export function isPromise<T>(value: MaybePromise<T> | PromiseLike<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<T>).then === 'function'
}

/** The answer as a promise, also if it is there at once. An error is a rejection. A promise stays as it is, and costs no further turn. */
export function asPromise<T>(ask: () => MaybePromise<T>): Promise<T> {
  try {
    const answer = ask()
    return isPromise(answer) ? answer : Promise.resolve(answer)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** Goes on with an answer at once where it is there, and later where it is a promise. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return isPromise(value) ? value.then(next) : next(value)
}

/**
 * Takes the next step of some work at once, or when a promise is fulfilled. A closure in the caller would make each synchronous step
 * allocate: here only a promise does (`bench decide`).
 */
export function resume<W, T, U>(value: MaybePromise<T>, work: W, next: (work: W, value: T) => MaybePromise<U>): MaybePromise<U> {
  return isPromise(value) ? later(value, work, next) : next(work, value)
}

function later<W, T, U>(value: Promise<T>, work: W, next: (work: W, value: T) => MaybePromise<U>): Promise<U> {
  return value.then((there) => next(work, there))
}
