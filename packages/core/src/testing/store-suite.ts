/** The suite that every store passes. */
import type { MaybePromise } from '../maybe-promise.ts'
import { type Play, type StoreUnderTest, type Suite, sceneOn } from './scene.ts'
import { decidesAtomically } from './suite-atomic.ts'
import { changesRules } from './suite-changes.ts'
import { decidesCosts } from './suite-costs.ts'
import { keepsKeysApart } from './suite-keys.ts'
import { obeysOperators } from './suite-operators.ts'
import { settlesOnce } from './suite-settling.ts'
import { givesStagesBack } from './suite-stages.ts'
import { keepsTime } from './suite-time.ts'
import type { TestRunner } from './test-runner.ts'

const suites: Readonly<Record<string, Suite>> = {
  'deciding a cost': decidesCosts,
  'deciding over several limits': decidesAtomically,
  'keeping keys apart': keepsKeysApart,
  'keeping time': keepsTime,
  'settling a reservation': settlesOnce,
  'changing rules': changesRules,
  'giving earlier stages back': givesStagesBack,
  'obeying operators': obeysOperators,
}

/**
 * Describes a store by what every store does.
 *
 * ```ts
 * import { describe, expect, test } from 'vitest'
 * describeStore({ describe, expect, test }, 'memory', () => ({ store, setNowUs, dispose }))
 * ```
 * @param create - an empty store with its clock, once for each test
 */
export function describeStore(runner: TestRunner, name: string, create: () => MaybePromise<StoreUnderTest>): void {
  const play: Play = (sentence, act) =>
    runner.test(sentence, async () => {
      const subject = await create()
      try {
        await act(await sceneOn(subject))
      } finally {
        await subject.dispose()
      }
    })
  runner.describe(name, () => {
    for (const [side, suite] of Object.entries(suites)) runner.describe(side, () => suite(play, runner.expect))
  })
}
