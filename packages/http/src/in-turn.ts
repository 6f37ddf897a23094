/** Steps one after the other; at once while all of them answer at once. */
import { isPromise, type MaybePromise } from '@sluice/core'

/** Takes the steps in order, each when the one before is done. */
export function inTurn(steps: readonly (() => MaybePromise<void>)[], from: number = 0): MaybePromise<void> {
  for (let i = from; i < steps.length; i++) {
    const step = steps[i]!()
    if (isPromise(step)) return step.then(() => inTurn(steps, i + 1))
  }
}
