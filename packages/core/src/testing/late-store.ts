/** A memory store behind a wire: the same answers, later. */
import { memoryStore } from '../memory/memory-store.ts'
import type { Store } from '../store.ts'
import { manualClock } from './manual-clock.ts'

/** A store whose answers are promises. */
export function lateStore(): Store {
  const store = memoryStore({ clock: manualClock() })
  return {
    ...store,
    sync: false,
    decide: async (call) => store.decide(call),
    settle: async (hold, actual) => store.settle(hold, actual),
    renew: async (hold) => store.renew(hold),
    refund: async (charges) => store.refund(charges),
    inspect: async (limit, key, terms) => store.inspect(limit, key, terms),
    reset: async (limit, key) => store.reset(limit, key),
    block: async (limit, key, durationMs) => store.block(limit, key, durationMs),
    strike: async (limit, key) => store.strike(limit, key),
    blocked: async (limit, most) => store.blocked(limit, most),
    close: async () => store.close(),
  }
}
