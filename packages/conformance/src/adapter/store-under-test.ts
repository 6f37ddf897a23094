/** The stores that an adapter is tested on, with a hand on their clocks. */
import { type Duration, type MaybePromise, memoryStore, type Store } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'

/** A store that is empty when it is opened. */
export interface StoreUnderTest {
  readonly store: Store
  /** Lets time pass for the store. One that runs on real time simply waits: the suite never asks for more than three seconds. */
  advance(by: Duration): MaybePromise<void>
  close(): MaybePromise<void>
}

/** A memory store whose time stands still until it is moved. */
export function memoryUnderTest(): StoreUnderTest {
  const clock = manualClock()
  const store = memoryStore({ clock })
  return { store, advance: clock.advance, close: () => store.close() }
}
