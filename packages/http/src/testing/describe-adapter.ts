/** The suite that every adapter runs: the HTTP rules, over real sockets, on every store. */
import type { MaybePromise } from '@sluice/core'
import { describe } from 'vitest'
import type { AdapterUnderTest } from './adapter-under-test.ts'
import { burstContract } from './contract/burst.ts'
import { memoryUnderTest, type StoreUnderTest } from './store-under-test.ts'
import { createTrial, type Trial } from './trial.ts'

const contract: readonly ((trial: Trial) => void)[] = [burstContract]

/**
 * Describes an adapter to Vitest.
 * @param stores - by name, each opening an empty store for each test. @default the memory store
 */
export function describeAdapter(
  name: string,
  adapter: AdapterUnderTest,
  stores: Readonly<Record<string, () => MaybePromise<StoreUnderTest>>> = { memory: memoryUnderTest },
): void {
  for (const [store, openStore] of Object.entries(stores)) {
    const trial = createTrial(adapter, openStore)
    describe(`${name} on the ${store} store`, () => {
      for (const part of contract) part(trial)
    })
  }
}
