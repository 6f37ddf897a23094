/** Limiters on a store that can be out of reach, and short words for what is done to them. */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Ban,
  ban,
  concurrency,
  createLimiter,
  type Limit,
  type Limiter,
  type LimitFacts,
  type MaybePromise,
  memoryStore,
  type Reservation,
  type Store,
  surviveOutages,
  tokenBucket,
} from '@sluice/core'
import { expect } from 'vitest'
import { until } from '../../servers/index.ts'
import type { World } from './worlds.ts'

export const who = 'ann'
export const leaseMs = 60_000
const by = (key: string): string => key
// Nothing comes back by itself while a test runs.
const ten = tokenBucket({ capacity: 10, per: '366d' })

const units: Limit<string> = { name: 'units', by, rule: ten }
const slots: Limit<string> = { name: 'slots', by, rule: concurrency({ capacity: 2, lease: leaseMs }) }
/** Two refusals ban. */
const login: Limit<string> = { name: 'login', by, rule: ten, ban: ban({ after: 2, within: '1h', for: '1h' }) }
/** The later stage of a request. */
const pace: Limit<string> = { name: 'pace', by, rule: tokenBucket({ capacity: 1, per: '366d' }) }
const strict: Limit<string> = { name: 'strict', by, rule: ten, onOutage: 'deny' }

/** A limiter for each limit, by name. */
type Limiters = Readonly<Record<'units' | 'slots' | 'login' | 'pace' | 'strict' | 'first', Limiter<string>>>

function limitersOn(store: Store): Limiters {
  const on = (...limits: Limit<string>[]): Limiter<string> => createLimiter({ store, limits })
  return { units: on(units), slots: on(slots), login: on(login), pace: on(pace), strict: on(strict), first: on(slots, units) }
}

/** What a store is told of a limit. */
function factsOf(limit: Limit<string>): LimitFacts {
  const memory = memoryStore()
  let facts: LimitFacts | undefined
  const decide: Store['decide'] = (call) => {
    facts = call.charges[0]!.limit
    return memory.decide(call)
  }
  void createLimiter({ limits: [limit], store: surviveOutages({ ...memory, decide }, { processes: 1 }) }).peek(who)
  return facts!
}

/** What a cell of the table is tried with. */
export interface LateScene extends Pick<World, 'cut' | 'slow'> {
  /** The limiters of the application. */
  readonly app: Limiters
  /** The same ones in a process that always reaches the store. */
  readonly truth: Limiters
  /** Ends what is wrong, and waits until the store decides again. */
  heal(): Promise<void>
  /** A reservation that the store has made. */
  held(limiter: Limiter<string>, cost?: number): Promise<Reservation>
  /** Counts a refusal by `login`. */
  strike(): MaybePromise<Ban | null>
  /** What is left in the store, as soon as it is that much. */
  leftInStore(name: 'units' | 'slots' | 'pace' | 'strict', wanted: number): Promise<void>
  /** What is left of this process's part. */
  leftHere(name: 'units' | 'slots'): Promise<number>
  /** The codes of the faults that were told. */
  readonly faults: string[]
}

/** All is well at first. */
export async function lateScene(world: World): Promise<LateScene> {
  const app = limitersOn(world.store)
  const truth = limitersOn(world.truth)
  const faults: string[] = []
  const struck = factsOf(login)
  app.units.observe((event) => event.type === 'fault' && faults.push(event.error.code))

  const decides = (): Promise<void> =>
    until(async () => (await app.units.peek('nobody', { cost: 0 })).decidedBy === 'store', { what: 'the store to decide' })
  const left = async (limiters: Limiters, name: 'units' | 'slots' | 'pace' | 'strict') => {
    const { decidedBy, limits } = await limiters[name].peek(who, { cost: 0 })
    return { decidedBy, left: limits[0]?.remaining }
  }
  await decides()
  return {
    app,
    truth,
    faults,
    cut: world.cut,
    slow: world.slow,
    async heal() {
      await world.heal()
      await decides()
    },
    async held(limiter, cost = 1) {
      const reservation = await limiter.reserve(who, { cost })
      expect(reservation.decision).toMatchObject({ allowed: true, decidedBy: 'store' })
      return reservation
    },
    strike: () => world.store.strike(struck, who),
    async leftInStore(name, wanted) {
      await until(async () => (await left(truth, name)).left === wanted, { what: `${wanted} of ${name} in the store`, withinMs: 10_000 })
      // It stays so.
      await sleep(150)
      expect(await left(truth, name)).toEqual({ decidedBy: 'store', left: wanted })
    },
    async leftHere(name) {
      const { decidedBy, left: remaining } = await left(app, name)
      expect(decidedBy).toBe('local')
      return remaining!
    },
  }
}
