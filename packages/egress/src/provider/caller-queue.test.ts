/** Where a caller stands in the queue of a provider, and of a pool of keys. */
import { expect, test } from 'vitest'
import { key, poolOf } from '../../test/key-pools.ts'
import { fakeClock, fakeTime, outcomes, pass, providerOf } from '../../test/provider-scene.ts'
import { sharedMirror } from '../../test/shared-mirror.ts'

fakeTime()

test('tells a caller its place, its calls and its wait, and nothing of others', async () => {
  const provider = providerOf()
  const { ends, call } = outcomes(provider)
  for (const caller of ['one', 'two', 'ann', 'bob', 'eve']) void call({ caller })
  await pass(0)
  expect(ends.slice(2)).toEqual(['waiting', 'waiting', 'waiting'])
  expect(provider.queueOf('ann')).toEqual({ position: 1, waiting: 1, waitMs: 1100 })
  expect(provider.queueOf('bob')).toEqual({ position: 2, waiting: 1, waitMs: 1100 })
  expect(provider.queueOf('eve')).toEqual({ position: 3, waiting: 1, waitMs: 2200 })
  expect([provider.queueOf('one'), provider.queueOf('mallory')]).toEqual([null, null])
  await pass(1100)
  expect([provider.queueOf('ann'), provider.queueOf('eve')]).toEqual([null, { position: 1, waiting: 1, waitMs: 1100 }])
  await pass(1100)
  expect(ends.slice(2)).toEqual([1100, 1100, 2200])
})

test('counts the calls of a caller that wait beyond its bound, and predicts when the next one is sent', async () => {
  const provider = providerOf({ limits: { requests: { capacity: 10, per: '1s' } }, queue: { wait: '1m' } })
  const { ends, call } = outcomes(provider)
  void call({ caller: 'light' })
  for (let i = 0; i < 30; i++) void call({ caller: 'heavy' })
  await pass(0)
  const sent = (): number => ends.slice(1).filter((end) => end !== 'waiting').length
  const before = sent()
  const { waiting, waitMs, position } = provider.queueOf('heavy')!
  expect([waiting, position]).toEqual([30 - before, 1])
  await pass(waitMs - 1)
  expect(sent()).toBe(before)
  await pass(1)
  expect(sent()).toBeGreaterThan(before)
})

test('a call that leaves the queue counts no more', async () => {
  const provider = providerOf()
  const { call } = outcomes(provider)
  const stop = new AbortController()
  for (const caller of ['one', 'two', 'ann']) void call({ caller })
  void call({ caller: 'ann', signal: stop.signal })
  await pass(0)
  expect(provider.queueOf('ann')?.waiting).toBe(2)
  stop.abort()
  expect(provider.queueOf('ann')?.waiting).toBe(1)
  await provider.close()
  expect(provider.queueOf('ann')).toBeNull()
})

test('knows a call while a shared mirror is asked for it', async () => {
  const provider = providerOf({ store: sharedMirror(fakeClock(), 10) })
  const { call } = outcomes(provider)
  for (const caller of ['one', 'two', 'ann']) void call({ caller })
  await pass(10)
  expect(provider.queueOf('ann')).toMatchObject({ position: 3, waiting: 1 })
  await pass(500)
  expect(provider.queueOf('ann')).toMatchObject({ position: 1, waiting: 1 })
})

test('in a pool of keys counts the calls in all groups, and stands where the first of them does', async () => {
  const pool = poolOf([key('a'), key('b')])
  const { call } = outcomes(pool)
  for (const caller of ['one', 'two', 'three', 'four', 'ann', 'ann']) void call({ caller })
  await pass(0)
  expect(pool.queueOf('ann')).toEqual({ position: 1, waiting: 2, waitMs: 1100 })
  expect([pool.queueOf('bob'), pool.queueOf('one')]).toEqual([null, null])
})

test.each([undefined, 7, null])('refuses %s as a caller', (caller) => {
  for (const queue of [providerOf(), poolOf([key('a')])])
    expect(() => queue.queueOf(caller as never)).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_TYPE' }))
})
