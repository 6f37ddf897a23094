/** A store of the user's own that throws, is late, or answers nonsense follows `onOutage`. A limiter accepts it only when it is guarded. */
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import { skip } from '../key.ts'
import { createLimiter } from '../limiter/limiter.ts'
import type { Limiter, SyncLimiter } from '../limiter/limiter-contract.ts'
import type { LimiterEvent } from '../limiter-event.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { Store, SyncStore } from '../store.ts'
import { surviveOutages } from './outage.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const rule = tokenBucket({ capacity: 5, per: '1h' })
const nonsense: readonly unknown[] = [
  undefined,
  null,
  {},
  [],
  'yes',
  true,
  { allowed: 'yes' },
  { allowed: true },
  { allowed: true, limits: [{}], undone: [], hold: null },
  { allowed: true, limits: [{ name: 'local', allowed: true, remaining: Number.NaN }], undone: [], hold: null },
  { allowed: true, limits: [], undone: [], hold: {} },
]

/** How every verb of a store fails. */
const failures: readonly (readonly [string, boolean, () => unknown])[] = [
  [
    'throws',
    false,
    () => {
      throw new Error('no store')
    },
  ],
  [
    'throws, and answers at once',
    true,
    () => {
      throw new Error('no store')
    },
  ],
  ['rejects', false, () => Promise.reject(new Error('no store'))],
  ['never answers', false, () => new Promise(() => {})],
  ['answers after a second', false, () => new Promise((resolve) => setTimeout(resolve, 1000))],
  ...nonsense.map((value) => [`answers ${JSON.stringify(value)}`, false, async () => value] as const),
  ...nonsense.map((value) => [`answers ${JSON.stringify(value)} at once`, true, () => value] as const),
]

function storeThat(sync: boolean, fail: () => unknown): Store {
  const verbs = ['decide', 'settle', 'renew', 'refund', 'inspect', 'reset', 'block', 'strike', 'blocked'] as const
  return { ...memoryStore(), ...Object.fromEntries(verbs.map((verb) => [verb, fail])), sync } as unknown as Store
}

async function inTime<T>(answer: T | Promise<T>): Promise<T> {
  const settled = Promise.resolve(answer)
  settled.catch(() => {})
  await vi.advanceTimersByTimeAsync(150)
  return settled
}

function limiterOn(store: Store): { limiter: Limiter<string>; events: LimiterEvent[] } {
  const limits = (['local', 'allow', 'deny'] as const).map((onOutage) => ({
    name: onOutage,
    by: (which: string) => (which === onOutage ? which : skip),
    rule,
    onOutage,
  }))
  const limiter = createLimiter<string>({ store: surviveOutages(store, { processes: 1 }), limits })
  const events: LimiterEvent[] = []
  limiter.observe((event) => events.push(event))
  return { limiter, events }
}

describe.each(failures)('a store that %s', (_, sync, fail) => {
  test('is an outage: each limit does what it says, and operators get an error', async () => {
    const { limiter, events } = limiterOn(storeThat(sync, fail))
    for (const verb of ['consume', 'peek'] as const) {
      expect(await inTime(limiter[verb]('allow'))).toMatchObject({ allowed: true, decidedBy: 'none' })
      expect(await inTime(limiter[verb]('deny'))).toMatchObject({ outcome: 'unavailable' })
      expect(await inTime(limiter[verb]('local'))).toMatchObject({ allowed: true, decidedBy: 'local' })
    }
    const held = await inTime(limiter.reserve('local'))
    expect(held.decision).toMatchObject({ allowed: true, decidedBy: 'local' })
    await inTime(held.settle(1))
    await inTime(limiter.refund('local'))
    // `null` is an answer to the one, and `[]` to the other.
    const calls = [async () => limiter.inspect('local', 'local'), async () => limiter.bans('local')]
    const answers = await inTime(Promise.allSettled(calls.map((ask) => ask())))
    expect(answers).toContainEqual({ status: 'rejected', reason: expect.objectContaining({ code: 'SLUICE_STORE' }) })
    expect(events.find(({ type }) => type === 'outage')).toMatchObject({ state: 'began', error: { code: 'SLUICE_STORE' } })
  })
})

test.each<[string, number, () => SyncStore]>([
  ['answers', 4, () => memoryStore()],
  [
    'throws',
    // A refund does not reach it.
    3,
    () => {
      const decide = (): never => {
        throw new Error('no store')
      }
      return { ...memoryStore(), decide }
    },
  ],
])('a synchronous store that %s stays one, and its limiter answers at once', (_, remaining, own) => {
  const store = surviveOutages(own(), { processes: 1 })
  const limiter = createLimiter({ store, limits: [{ name: 'user', by: (id: string) => id, rule }] })
  expectTypeOf(store).toEqualTypeOf<SyncStore>()
  expectTypeOf(limiter).toEqualTypeOf<SyncLimiter<string>>()
  expect(limiter.consume('ann').allowed).toBe(true)
  const held = limiter.reserve('ann', { cost: 3 })
  expect([held.renew(), held.settle(1), limiter.refund('ann')]).toEqual([true, undefined, undefined])
  expect(limiter.peek('ann').limits).toMatchObject([{ remaining }])
})

test('all limiters on one store share its outages, and a reservation of one is extended by another', async () => {
  const memory = memoryStore()
  const own: Store = { ...memory, sync: false, decide: async (call) => memory.decide(call) }
  const store = surviveOutages(own, { processes: 1 })
  const on = (name: string): Limiter<string> => createLimiter({ store, limits: [{ name, by: (key) => key, rule }] })
  const [first, second] = [on('first'), on('second')]
  const held = await first.reserve('ann')
  const refused = await inTime(second.reserve('ann', { cost: 6, extend: [held] }))
  expect(refused.decision).toMatchObject({ allowed: false, limits: [{ name: 'first', remaining: 5 }, { name: 'second' }] })
  expect((await first.peek('ann', { cost: 0 })).limits).toMatchObject([{ remaining: 5 }])
})

test('a refusal whose look afterwards is late is still the answer', async () => {
  const memory = memoryStore()
  const late = (call: Parameters<Store['decide']>[0]) => (call.action === 'peek' ? new Promise<never>(() => {}) : memory.decide(call))
  const own: Store = { ...memory, sync: false, decide: async (call) => late(call) }
  const limiter = createLimiter<string>({
    store: surviveOutages(own, { processes: 1 }),
    limits: [{ name: 'user', by: (key) => key, rule }],
  })
  const held = await limiter.reserve('ann', { cost: 2 })
  const refused = await inTime(limiter.reserve('ann', { cost: 8, extend: [held] }))
  expect(refused.decision).toMatchObject({ allowed: false, decidedBy: 'store' })
  expect(memory.inspect({ name: 'user' } as never, 'ann', null)).toBe(null)
})

test.each<[string, Store]>([
  ['answers later', { ...memoryStore(), sync: false }],
  ['answers at once', { ...memoryStore() }],
  ['wraps a guarded one', { ...surviveOutages(memoryStore(), { processes: 1 }) }],
])('a store that %s and that nothing guards is refused at start-up, with the fix', (_, own) => {
  const define = (): unknown => createLimiter<string>({ store: own, limits: [{ name: 'user', by: (key) => key, rule }] })
  expect(define).toThrow(expect.objectContaining({ code: 'SLUICE_STORE_UNGUARDED' }))
  expect(define).toThrow(/surviveOutages\(yourStore/)
})

test('a guarded store and one in memory are used as they are', async () => {
  const { store } = await import('../../test/outage-scene.ts').then(({ scene }) => ({ store: scene().survivor }))
  const { storeOf } = await import('../limiter/limiter-store.ts')
  const memory = memoryStore()
  for (const one of [store, memory]) {
    expect(storeOf(createLimiter<string>({ store: one, limits: [{ name: 'user', by: (key) => key, rule }] }))).toBe(one)
  }
})
