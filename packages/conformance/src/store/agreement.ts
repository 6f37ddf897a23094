/** Whether a store answers a history as the exact model does. */
import type { Micros } from '@sluice/core'
import { type History, type Outcome, runHistory, type TimedStore } from './history.ts'
import { referenceStore } from './reference-model.ts'
import { same } from './same.ts'

/** Where a store and the model part. */
export interface Disagreement {
  /** The steps up to there, as the store answered them. */
  readonly seen: readonly Outcome[]
  /** What the model answers to the last of them. */
  readonly wanted: Outcome
}

/** The first step that an empty store answers otherwise than the model; `undefined` where it answers all alike. */
export async function disagreement(subject: TimedStore, history: History): Promise<Disagreement | undefined> {
  const model = referenceStore()
  let steps = 0
  let certain = 0
  const setNowUs = (now: Micros): void => {
    if (!model.doubtful()) certain = steps
    steps++
    model.setNowUs(now)
  }
  const wanted = await runHistory({ store: model, setNowUs }, history)
  if (!model.doubtful()) certain = steps
  const seen = await runHistory(subject, history)
  const at = wanted.slice(0, certain).findIndex((outcome, i) => !same(outcome, seen[i]))
  return at < 0 ? undefined : { seen: seen.slice(0, at + 1), wanted: wanted[at]! }
}
