/** The suite that every store passes. */
import type { MaybePromise } from '@sluice/core'
import { type Play, type StoreUnderTest, type Suite, sceneOn } from './scene.ts'
import { decidesAtomically } from './suite-atomic.ts'
import { bansKeys } from './suite-bans.ts'
import { changesRules } from './suite-changes.ts'
import { decidesCosts, refusesWithoutCapacity } from './suite-costs.ts'
import { endsEpochs } from './suite-epochs.ts'
import { guaranteesShares } from './suite-guarantees.ts'
import { keepsKeysApart } from './suite-keys.ts'
import { endsLifetimes, endsLifetimesBesideSlots } from './suite-lifetimes.ts'
import { obeysOperators } from './suite-operators.ts'
import { freesAllSlots, resetsAllKeys } from './suite-reset-all.ts'
import { settlesOnce } from './suite-settling.ts'
import { holdsSlots } from './suite-slots.ts'
import { givesStagesBack } from './suite-stages.ts'
import { keepsTime } from './suite-time.ts'
import { takesWhatThereIs } from './suite-up-to.ts'
import type { TestRunner } from './test-runner.ts'

/** What a store does that counts. */
export const countingSuites: Readonly<Record<string, Suite>> = {
  'deciding a cost': decidesCosts,
  'deciding over several limits': decidesAtomically,
  'taking what there is': takesWhatThereIs,
  'keeping keys apart': keepsKeysApart,
  'keeping time': keepsTime,
  'settling a reservation': settlesOnce,
  'ending the lifetime of a reservation': endsLifetimes,
  'changing rules': changesRules,
  'returning nothing across changes': endsEpochs,
  'giving earlier stages back': givesStagesBack,
  'obeying operators': obeysOperators,
  'guaranteeing shares': guaranteesShares,
  banning: bansKeys,
  'resetting all keys': resetsAllKeys,
}

const suites: Readonly<Record<string, Suite>> = {
  ...countingSuites,
  'refusing without capacity': refusesWithoutCapacity,
  'holding slots': holdsSlots,
  'freeing all slots': freesAllSlots,
  'ending the lifetime of a reservation with slots': endsLifetimesBesideSlots,
}

/**
 * Describes a store by what every store does.
 *
 * ```ts
 * import { describe, expect, test } from 'vitest'
 * describeStore({ describe, expect, test }, 'memory', () => ({ store, setNowUs, dispose }))
 * ```
 * @param create - an empty store with its clock, once for each test
 * @param options - `resetsAll: false` for a store that refuses `resetAll`
 */
export function describeStore(
  runner: TestRunner,
  name: string,
  create: () => MaybePromise<StoreUnderTest>,
  { resetsAll = true }: { readonly resetsAll?: boolean } = {},
): void {
  const sides = Object.entries(suites).filter(([, suite]) => resetsAll || (suite !== resetsAllKeys && suite !== freesAllSlots))
  describeSides(runner, name, create, Object.fromEntries(sides))
}

/** Describes a store by some of that. */
export function describeSides(
  runner: TestRunner,
  name: string,
  create: () => MaybePromise<StoreUnderTest>,
  sides: Readonly<Record<string, Suite>>,
): void {
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
    for (const [side, suite] of Object.entries(sides)) runner.describe(side, () => suite(play, runner.expect))
  })
}
