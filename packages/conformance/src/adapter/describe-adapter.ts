/** The suite that every adapter runs: the HTTP rules, over real sockets. */
import type { MaybePromise } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import type { AdapterUnderTest } from './adapter-under-test.ts'
import { adapterCases, storeCases } from './cases.ts'
import { chosenCases, everyCase } from './choose-cases.ts'
import { abortsContract } from './contract/aborts.ts'
import { adaptiveContract } from './contract/adaptive.ts'
import { addressesContract } from './contract/addresses.ts'
import { addresslessContract } from './contract/addressless.ts'
import { boundContract } from './contract/bound.ts'
import { burstContract } from './contract/burst.ts'
import { costsContract } from './contract/costs.ts'
import { disclosureContract } from './contract/disclosure.ts'
import { eventStreamsContract } from './contract/event-streams.ts'
import { eventsContract } from './contract/events.ts'
import { faultAnswersContract } from './contract/fault-answers.ts'
import { faultMatrixContract } from './contract/fault-matrix.ts'
import { faultsContract } from './contract/faults.ts'
import { functionTimeContract } from './contract/function-time.ts'
import { keysContract } from './contract/keys.ts'
import { listsContract } from './contract/lists.ts'
import { methodsContract } from './contract/methods.ts'
import { operatorsContract } from './contract/operators.ts'
import { ownBodiesContract } from './contract/own-bodies.ts'
import { passedOnContract } from './contract/passed-on.ts'
import { refusalsContract } from './contract/refusals.ts'
import { settlementContract } from './contract/settlement.ts'
import { slotsContract } from './contract/slots.ts'
import { slowDownsContract } from './contract/slow-downs.ts'
import { stagesContract } from './contract/stages.ts'
import { startContract } from './contract/start.ts'
import { visitsContract } from './contract/visits.ts'
import { oneCellForEachEnding, someCells } from './fault-cells.ts'
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
  addresslessContract,
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
  slowDownsContract,
  ownBodiesContract,
  passedOnContract,
  eventStreamsContract,
  eventsContract,
]

/** How much of the contract runs: all of it, or the cases that an adapter or a store can get wrong. */
export type ContractPart = 'full' | 'adapter' | 'store'

/** What {@link describeAdapter} takes. */
export interface DescribeAdapterOptions {
  /** By name, each opening an empty store for each test. @default the memory store */
  readonly stores?: Readonly<Record<string, () => MaybePromise<StoreUnderTest>>> | undefined
  /**
   * `full`: about 540 cases. `adapter`: some 50 cases, for an adapter of sluice itself, beside another one that runs all. `store`: 20 cases.
   * @default 'full'
   */
  readonly part?: ContractPart | undefined
}

/**
 * Describes an adapter to Vitest.
 * @example
 * ```ts
 * describeAdapter('Koa', koa)
 * ```
 */
export function describeAdapter(name: string, adapter: AdapterUnderTest, options: DescribeAdapterOptions = {}): void {
  const { stores = { memory: memoryUnderTest }, part = 'full' } = options
  if (part === 'full') {
    describe(name, () => {
      // Nothing is decided yet when options are checked, so that no store has a say in it.
      startContract(createTrial(adapter, memoryUnderTest, everyCase))
    })
    describeOn(stores, name, (openStore, store) => {
      const trial = createTrial(adapter, openStore, everyCase)
      for (const contractOf of contract) contractOf(trial)
      faultMatrixContract(
        trial,
        someCells(adapter, Object.keys(stores)).filter((cell) => cell.store === store),
      )
    })
    return
  }
  const titles = part === 'adapter' ? adapterCases : storeCases
  describeOn(stores, name, (openStore, store) => {
    const cases = chosenCases(titles)
    const trial = createTrial(adapter, openStore, cases)
    for (const contractOf of [startContract, ...contract]) contractOf(trial)
    if (part === 'adapter') faultMatrixContract({ ...trial, ...everyCase }, oneCellForEachEnding(adapter, store))
    test('every case of this part is there', () => {
      expect(cases.missing()).toEqual([])
    })
  })
}

function describeOn(
  stores: NonNullable<DescribeAdapterOptions['stores']>,
  name: string,
  body: (openStore: () => MaybePromise<StoreUnderTest>, store: string) => void,
): void {
  for (const [store, openStore] of Object.entries(stores)) describe(`${name} on the ${store} store`, () => body(openStore, store))
}
