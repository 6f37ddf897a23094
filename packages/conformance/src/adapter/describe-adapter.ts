/** The suite that every adapter runs: the HTTP rules, over real sockets, on every store. */
import type { MaybePromise } from '@sluice/core'
import { describe } from 'vitest'
import type { AdapterUnderTest } from './adapter-under-test.ts'
import { abortsContract } from './contract/aborts.ts'
import { adaptiveContract } from './contract/adaptive.ts'
import { addressesContract } from './contract/addresses.ts'
import { boundContract } from './contract/bound.ts'
import { burstContract } from './contract/burst.ts'
import { costsContract } from './contract/costs.ts'
import { disclosureContract } from './contract/disclosure.ts'
import { faultAnswersContract } from './contract/fault-answers.ts'
import { faultMatrixContract } from './contract/fault-matrix.ts'
import { faultsContract } from './contract/faults.ts'
import { functionTimeContract } from './contract/function-time.ts'
import { keysContract } from './contract/keys.ts'
import { listsContract } from './contract/lists.ts'
import { methodsContract } from './contract/methods.ts'
import { operatorsContract } from './contract/operators.ts'
import { refusalsContract } from './contract/refusals.ts'
import { settlementContract } from './contract/settlement.ts'
import { slotsContract } from './contract/slots.ts'
import { stagesContract } from './contract/stages.ts'
import { startContract } from './contract/start.ts'
import { visitsContract } from './contract/visits.ts'
import { memoryUnderTest, type StoreUnderTest } from './store-under-test.ts'
import { createTrial, type Trial } from './trial.ts'

const contract: readonly ((trial: Trial) => void)[] = [
  burstContract,
  methodsContract,
  refusalsContract,
  disclosureContract,
  stagesContract,
  listsContract,
  addressesContract,
  keysContract,
  costsContract,
  faultsContract,
  functionTimeContract,
  faultAnswersContract,
  settlementContract,
  abortsContract,
  adaptiveContract,
  visitsContract,
  boundContract,
  operatorsContract,
  slotsContract,
]

/**
 * Describes an adapter to Vitest.
 * @param stores - by name, each opening an empty store for each test. @default the memory store
 */
export function describeAdapter(
  name: string,
  adapter: AdapterUnderTest,
  stores: Readonly<Record<string, () => MaybePromise<StoreUnderTest>>> = { memory: memoryUnderTest },
): void {
  const inMemory = createTrial(adapter, memoryUnderTest)
  describe(name, () => {
    // Nothing is decided yet when options are checked, so that no store has a say in it.
    startContract(inMemory)
  })
  for (const [store, openStore] of Object.entries(stores)) {
    const trial = createTrial(adapter, openStore)
    describe(`${name} on the ${store} store`, () => {
      for (const part of contract) part(trial)
      faultMatrixContract(trial, store, Object.keys(stores))
    })
  }
}
