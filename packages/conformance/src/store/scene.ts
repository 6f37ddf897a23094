/** A scene of the store suite: one store, one clock, and short words for what is done to them. */

import {
  type Charge,
  type CountingRule,
  type Hold,
  type LimitFacts,
  type MaybePromise,
  type Migrate,
  type Settled,
  type Store,
  type Terms,
  tokenBucket,
  type Verdict,
} from '@sluice/core'
import type { TimedStore } from './history.ts'
import type { TestRunner } from './test-runner.ts'

/** An empty store of its own for one test. Buckets must not expire while the time that the test has set stands still. */
export interface StoreUnderTest extends TimedStore {
  /** How long its holds can be settled, in milliseconds. @default 600_000, which is ten minutes */
  readonly handleLifetimeMs?: number
  dispose(): MaybePromise<void>
}

/** Ten units at once, one back every 100 ms. */
export const tenASecond: CountingRule = tokenBucket({ capacity: 10, per: '1s' })

/** What a store is told of a block without an end: 100 years. */
export const foreverMs = 3_162_240_000_000

/** A charge, as far as it differs from one unit of `tenASecond` for ann. */
export interface PartialCharge extends Partial<Omit<LimitFacts, 'name'>>, Partial<Omit<Terms, 'rule'>> {
  readonly limit?: string
  readonly key?: string
  readonly rule?: CountingRule
  readonly cost?: number
  readonly upTo?: number
}

/** A charge for a store. */
export function ask(partial: PartialCharge = {}): Charge {
  const { limit = 'user', key = 'ann', rule = tenASecond, cost = 1 } = partial
  const { shadow = false, disclose = true, nearAt = 0.8, debit = 'before', parent = null } = partial
  const { initial = rule.capacity, version = 0, ban } = partial
  const charge = { limit: { name: limit, shadow, disclose, nearAt, debit, parent, ban }, key, terms: { rule, initial, version }, cost }
  return partial.upTo === undefined ? charge : { ...charge, upTo: partial.upTo }
}

/** What a test of the suite plays with. */
export interface Scene {
  readonly store: Store
  readonly handleLifetimeMs: number
  /** Moves time on by milliseconds, fractions included; back where they are negative. */
  wait(ms: number): Promise<void>
  /** Without arguments, as with the two below: one unit of `tenASecond` for ann. */
  consume(first?: PartialCharge, ...more: PartialCharge[]): Promise<Verdict>
  peek(first?: PartialCharge, ...more: PartialCharge[]): Promise<Verdict>
  /** A reservation that must be admitted. */
  hold(first?: PartialCharge, ...more: PartialCharge[]): Promise<Hold>
  /** The verdict of a call that says everything itself. */
  call(
    action: 'consume' | 'peek' | 'reserve',
    charges: readonly PartialCharge[],
    more?: { undo?: readonly Hold[]; migrate?: Migrate },
  ): Promise<Verdict>
  /** Settles a hold with the units used, by entry. */
  settle(hold: Hold, ...actual: number[]): Promise<Settled>
  refund(...charges: PartialCharge[]): Promise<void>
  /** Units left to a key, without touching them. */
  left(charge?: PartialCharge): Promise<number>
}

/** Adds a test with a scene of its own. */
export type Play = (name: string, act: (scene: Scene) => Promise<void>) => void

/** Tests of one side of a store. */
export type Suite = (play: Play, expect: TestRunner['expect']) => void

/** The first day of 2026, a boundary of every period up to a day. */
const startUs = 1_767_225_600_000_000

/** Sets the clock of a store and gives the scene on it. */
export async function sceneOn({ store, setNowUs, handleLifetimeMs = 600_000 }: Omit<StoreUnderTest, 'dispose'>): Promise<Scene> {
  let nowUs = startUs
  await setNowUs(nowUs)
  const call: Scene['call'] = async (action, charges, { undo = [], migrate = 'keepUsed' } = {}) =>
    store.decide({ action, charges: charges.map(ask), undo, migrate })
  return {
    store,
    handleLifetimeMs,
    async wait(ms) {
      nowUs += Math.round(ms * 1000)
      await setNowUs(nowUs)
    },
    consume: (first = {}, ...more) => call('consume', [first, ...more]),
    peek: (first = {}, ...more) => call('peek', [first, ...more]),
    async hold(first = {}, ...more) {
      const { hold } = await call('reserve', [first, ...more])
      if (hold === null) throw new Error('The store refused what the test has to reserve')
      return hold
    },
    call,
    settle: async (hold, ...actual) => store.settle(hold, actual),
    refund: async (...charges) => store.refund(charges.map(ask)),
    left: async (charge = {}) => (await call('peek', [charge])).limits[0]!.remaining,
  }
}
