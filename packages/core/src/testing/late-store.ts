/** A memory store behind a wire: the same answers, later. */
import { decorateStore } from '../decorate-store.ts'
import { memoryStore } from '../memory/memory-store.ts'
import type { Store } from '../store.ts'
import { manualClock } from './manual-clock.ts'

/** A store whose answers are promises. */
export function lateStore(): Store {
  const store = memoryStore({ clock: manualClock() })
  return decorateStore(store, { sync: false, close: async () => store.close() }, async (ask) => ask())
}
