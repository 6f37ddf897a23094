/** A store in trouble behind `surviveOutages`, and calls to it. Times are those of fake timers. */
import { vi } from 'vitest'
import { type AroundStore, decorateStore } from '../src/decorate-store.ts'
import type { StoreEvent } from '../src/limiter-event.ts'
import { memoryStore } from '../src/memory/memory-store.ts'
import { type OutageOptions, surviveOutages } from '../src/outage/outage.ts'
import { tokenBucket } from '../src/rules/token-bucket/token-bucket.ts'
import type { Call, Charge, Hold, LimitFacts, Store } from '../src/store.ts'

export const rule = tokenBucket({ capacity: 10, per: '1h' })
export const clock = { nowMs: (): number => performance.now() + 1e12 }

/** A store that answers late, or fails, as it is told; and what was asked of it. */
export function troubled(): { store: Store; be(state: 'well' | 'dead' | 'silent' | { lateMs: number }): void; methods: string[] } {
  const memory = memoryStore({ clock })
  const methods: string[] = []
  let state: 'well' | 'dead' | 'silent' | { lateMs: number } = 'well'
  const around: AroundStore = async (ask, method) => {
    methods.push(method)
    if (state === 'dead') throw new Error('connection refused')
    if (state === 'silent') return new Promise(() => {})
    const answer = ask()
    if (state !== 'well') await new Promise((resolve) => setTimeout(resolve, (state as { lateMs: number }).lateMs))
    return answer
  }
  const store = decorateStore(memory, { sync: false }, around)
  return { store, be: (next) => (state = next), methods }
}

export function charge(facts: Partial<LimitFacts> = {}, cost = 1): Charge {
  const limit = { name: 'user', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null, ...facts } as const
  return { limit, key: 'ann', terms: termsOf, cost }
}
export const termsOf = { rule, initial: 10, version: 0 }

export function call(action: Call['action'], charges: readonly Charge[], undo: readonly Hold[] = []): Call {
  return { action, charges, undo, migrate: 'keepUsed' }
}

export const consume = (cost = 1, facts: Partial<LimitFacts> = {}): Call => call('consume', [charge(facts, cost)])

export interface Scene extends ReturnType<typeof troubled> {
  readonly survivor: Store
  readonly events: StoreEvent[]
}

export function scene(options: OutageOptions = {}): Scene {
  const patient = troubled()
  const survivor = surviveOutages(patient.store, { clock, processes: 2, ...options })
  const events: StoreEvent[] = []
  survivor.watch!((event) => events.push(event))
  return { ...patient, survivor, events }
}

/** Lets all time pass that an answer may need. */
export async function answered<T>(answer: T | Promise<T>): Promise<T> {
  await vi.advanceTimersByTimeAsync(150)
  return answer
}

/** Three failures, after which an outage has begun. */
export async function breakDown({ survivor, be }: Scene): Promise<void> {
  be('dead')
  for (let i = 0; i < 3; i++) await survivor.decide(consume(0))
}
