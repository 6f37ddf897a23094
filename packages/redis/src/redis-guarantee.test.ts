/** Guaranteed shares in Redis: one truth for many processes, and nothing left behind. */

import { runHistory, same } from '@sluice/conformance/store'
import { guaranteedHistories } from '@sluice/conformance/store/histories'
import { createLimiter, fixedWindow, guaranteedShareOf, type Limit, type Limiter, memoryStore, type Store } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { redisOfFile } from '../test/redis-of-file.ts'
import { redisStore } from './redis-store.ts'

const { client, stores } = await redisOfFile()
beforeEach(async () => {
  await client.flushall()
})

const api: Limit<string> = { name: 'api', by: () => 'search', rule: fixedWindow({ capacity: 100, per: '2s' }) }
const app: Limit<string> = { name: 'app', by: (name) => ['search', name], rule: guaranteedShareOf(api, 0.05) }

function limiterOn(store: Store): Limiter<string> {
  return createLimiter<string>({ limits: [api, app], store })
}

test('answers every call on guaranteed shares as the memory store does', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(guaranteedHistories(), async (history) => {
      const clock = manualClock()
      const inMemory = await runHistory({ store: memoryStore({ clock }), setNowUs: clock.setUs }, history)
      const inRedis = await runHistory(stores.empty(), history)
      if (!same(inRedis, inMemory)) expect(inRedis).toEqual(inMemory)
    }),
    { numRuns: 1500 },
  )
})

test('of several processes, none takes what the others’ applications are guaranteed', async () => {
  const processes = [1, 2, 3].map(() => redisStore(client, { processes: 3, timeout: '10s' }))
  const limiters = processes.map(limiterOn)
  const modest = Array.from({ length: 9 }, (_, i) => `modest ${i}`)
  const ask = async (name: string, calls: number): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: calls }, async (_, i) => limiters[i % 3]!.consume(name)))
    return answers.filter(({ allowed }) => allowed).length
  }
  await nextPeriod()
  await Promise.all(modest.map((name) => ask(name, 1)))
  await nextPeriod()
  const [greedy, ...others] = await Promise.all([ask('greedy', 250), ...modest.map((name) => ask(name, 5))])
  expect([greedy, ...others]).toEqual([55, ...modest.map(() => 5)])
  await Promise.all(processes.map((store) => store.close()))
})

test('takes what there is beside the guarantees of others, as the memory store does', async () => {
  const store = redisStore(client, { processes: 1, timeout: '10s' })
  const clock = manualClock()
  const [inRedis, inMemory] = [limiterOn(store), limiterOn(memoryStore({ clock }))]
  const grants = async (limiter: Limiter<string>): Promise<number[]> => {
    const granted: number[] = []
    for (const atMost of [1, 60, 90, 90]) granted.push((await limiter.consumeUpTo('a', { atMost })).granted)
    for (const atMost of [1, 9, 9]) granted.push((await limiter.consumeUpTo('b', { atMost })).granted)
    return granted
  }
  await nextPeriod()
  for (const limiter of [inRedis, inMemory]) await limiter.consume('b')
  await nextPeriod()
  clock.advance('2s')
  const wanted = await grants(inMemory)
  expect(wanted).toEqual([1, 60, 34, 0, 1, 4, 0])
  expect(await grants(inRedis)).toEqual(wanted)
  await store.close()
})

test('a child and the record of its parent expire when it is present no more', async () => {
  const store = redisStore(client, { processes: 1, timeout: '10s' })
  const limiter = limiterOn(store)
  await nextPeriod()
  await limiter.consume('a')
  const [parent, child, record] = ['{sluice}:api:search', '{sluice}:app:\u0000s6:searchs1:a', '{sluice}<api:search']
  expect((await client.keys('*')).sort()).toEqual([parent, child, record].sort())
  const [ofParent, ofChild, ofRecord] = await Promise.all([parent, child, record].map((key) => client.pexpiretime(key!)))
  expect([ofChild! - ofParent!, ofRecord! - ofParent!]).toEqual([2000, 2000])
  await store.close()
})

test.each<[string, string, () => Promise<unknown>]>([
  ['a text in the place of the record', '{sluice}<api:search', () => client.set('{sluice}<api:search', 'the quick brown fox jumps')],
  ['a list in the place of the record', '{sluice}<api:search', () => client.rpush('{sluice}<api:search', 'a', 'b')],
])('%s counts for nothing, and is written over', async (_, key, write) => {
  const store = redisStore(client, { processes: 1, timeout: '10s' })
  await write()
  expect(await limiterOn(store).consume('a')).toMatchObject({ allowed: true, decidedBy: 'store' })
  expect(await client.pttl(key)).toBeGreaterThan(0)
  await store.close()
})

/** Waits until a period of two seconds has just begun, by the server's clock. */
async function nextPeriod(): Promise<void> {
  const [seconds, micros] = (await client.time()).map(Number) as [number, number]
  const sinceMs = (seconds % 2) * 1000 + micros / 1000
  await new Promise((resolve) => setTimeout(resolve, 2010 - sinceMs))
}
