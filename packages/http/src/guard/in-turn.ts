/** The same step for one item after the other; at once while every step answers at once. */
import { isPromise, type MaybePromise } from '@sluice/core'

/** Takes the step for each item in order, each when the one before is done. */
export function inTurn<T>(items: readonly T[], step: (item: T) => MaybePromise<void>, from: number = 0): MaybePromise<void> {
  for (let i = from; i < items.length; i++) {
    const taken = step(items[i]!)
    if (isPromise(taken)) return taken.then(() => inTurn(items, step, i + 1))
  }
}
