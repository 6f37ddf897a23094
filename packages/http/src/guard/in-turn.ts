/** The same step for several items: one after the other, or without waiting for each other. At once while every step answers at once. */
import type { MaybePromise } from '@sluice/core'
import { isPromise } from '@sluice/core/internal'

/** Takes the step for each item in order, each when the one before is done. */
export function inTurn<T>(items: readonly T[], step: (item: T) => MaybePromise<void>, from: number = 0): MaybePromise<void> {
  for (let i = from; i < items.length; i++) {
    const taken = step(items[i]!)
    if (isPromise(taken)) return taken.then(() => inTurn(items, step, i + 1))
  }
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
