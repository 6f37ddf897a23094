/** A Cluster: buckets that share a slot by design, others charged slot by slot, and slots that move. */
import { createLimiter, type Key, type Limit, type Limiter, type Store, tokenBucket } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Cluster } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { ask, migrateSlot, startCluster } from '../servers/index.ts'
import { endClient, mainPlacedLibraries, quiet } from './clients.ts'
import { sceneOn } from './scene.ts'

const cluster = await startCluster()
afterAll(() => cluster.stop())

const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }))
const rule = tokenBucket({ capacity: 10, per: '366d' })

interface Seller {
  readonly api: string
  readonly app: string
  readonly address: string
}

function limit(name: string, by: (seller: Seller) => Key): Limit<Seller> {
  return { name, by, rule }
}

const api = limit('api', (seller) => seller.api)
const app = limit('app', (seller) => [seller.api, seller.app])
const address = limit('address', (seller) => seller.address)

/** Waits for decisions of the store itself. */
async function commands(store: Store, limits: readonly Limit<Seller>[]): Promise<Limiter<Seller>> {
  const limiter = createLimiter({ limits, store })
  await expect.poll(async () => (await limiter.peek({ api: 'warm', app: 'up', address: 'x' })).decidedBy).toBe('store')
  return limiter
}

async function keysAt(pattern: string): Promise<number[]> {
  const found = await Promise.all(cluster.nodes.map((node) => ask<string[]>(node, 'KEYS', pattern)))
  return found.map(({ length }) => length)
}

test('by default all buckets lie in one slot, whatever their keys are', async () => {
  const client = quiet(new Cluster(nodes))
  const store = redisStore(client, { prefix: 'one', processes: 1 })
  const limiter = await commands(store, [api, app, address])
  for (const part of ['a', '{b}', '}{', '{}', '\ud800', '']) {
    await expect(limiter.consume({ api: part, app: part, address: part })).resolves.toMatchObject({ allowed: true, decidedBy: 'store' })
  }
  expect((await keysAt('{one}*')).filter((count) => count > 0)).toEqual([18])
  await store.close()
  client.disconnect()
})

test('colocated by an outer limit, buckets are spread over all nodes, and each call is one step', async () => {
  const client = quiet(new Cluster(nodes))
  const store = redisStore(client, { prefix: 'spread', processes: 1, colocate: 'api' })
  const limiter = await commands(store, [api, app])
  for (let i = 0; i < 60; i++) {
    await expect(limiter.consume({ api: `{api}${i}`, app: 'app', address: '' })).resolves.toMatchObject({
      allowed: true,
      decidedBy: 'store',
    })
  }
  const counts = await keysAt('spread*')
  expect(Math.min(...counts)).toBeGreaterThan(10)
  expect(counts.reduce((sum, count) => sum + count)).toBe(120)
  await store.close()
  client.disconnect()
})

test('reservations are settled once wherever they lie, and settlements share pages slot by slot', async () => {
  const client = quiet(new Cluster(nodes))
  const store = redisStore(client, { prefix: 'settled', processes: 1, colocate: 'api', timeout: '5s' })
  const [near, far] = [await commands(store, [api, app]), await commands(store, [address, api, app])]
  for (const [limiter, name, pages] of [
    [near, 'near', 1],
    [far, 'far', 2],
  ] as const) {
    const subject = { api: name, app: 'app', address: `${name} address` }
    const before = (await keysAt('settled*::*')).reduce((sum, count) => sum + count)
    for (let i = 0; i < 20; i++) {
      const held = await limiter.reserve(subject, { cost: 2 })
      await Promise.all([held.settle(i === 0 ? 1 : 0), held.cancel()])
    }
    expect((await limiter.peek(subject)).limits.every(({ remaining }) => remaining === 9)).toBe(true)
    expect((await keysAt('settled*::*')).reduce((sum, count) => sum + count) - before).toBe(pages)
  }
  await store.close()
  client.disconnect()
})

test('a limit whose key begins otherwise is charged apart, never too often, and taken back when another refuses', async () => {
  const client = quiet(new Cluster(nodes))
  const store = redisStore(client, { prefix: 'apart', processes: 1, colocate: 'api', timeout: '2s' })
  const limiter = await commands(store, [address, api, app])
  const subjects = Array.from({ length: 40 }, (_, i) => ({ api: 'orders', app: `app${i % 2}`, address: `10.0.0.${i}` }))
  const decisions = await Promise.all(subjects.map((subject) => limiter.consume(subject)))
  expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(10)
  expect(decisions.every(({ limits }) => limits.map(({ name }) => name).join() === 'address,api,app')).toBe(true)
  for (const [i, subject] of subjects.entries()) {
    expect(await limiter.inspect('address', subject.address)).toEqual(
      decisions[i]!.allowed ? expect.objectContaining({ remaining: 9 }) : null,
    )
  }
  await store.close()
  client.disconnect()
})

test('a reservation that spans slots is settled in each, once', async () => {
  const client = quiet(new Cluster(nodes))
  const store = redisStore(client, { prefix: 'held', processes: 1, colocate: 'api', timeout: '2s' })
  const limiter = await commands(store, [address, api])
  const subject = { api: 'orders', app: '', address: '10.0.0.1' }
  const held = await limiter.reserve(subject, { cost: 6 })
  await held.settle({ address: 2, api: 5 })
  await held.cancel()
  expect((await limiter.peek(subject)).limits.map(({ remaining }) => remaining)).toEqual([8, 5])
  await store.close()
  client.disconnect()
})

test('an outer limit by which buckets are placed must have a key of one part', async () => {
  const client = quiet(new Cluster(nodes))
  const store = redisStore(client, { prefix: 'parts', processes: 1, colocate: 'app' })
  const limiter = createLimiter({ limits: [app], store })
  await expect(async () => limiter.consume({ api: 'a', app: 'b', address: '' })).rejects.toMatchObject({ code: 'SLUICE_COLOCATE' })
  await store.close()
  client.disconnect()
})

test.each(mainPlacedLibraries)(
  'while a slot moves, calls are decided and none is charged twice, on $library',
  async ({ library, cluster: dial }) => {
    const prefix = `moving-${library}`
    await using scene = sceneOn(dial(nodes), { prefix, timeout: '2s' })
    await scene.ready()
    const slot = await cluster.slotOf(`{${prefix}}`)
    const from = await cluster.ownerOf(slot)
    const to = cluster.nodes.find((node) => node !== from)!
    let admitted = 0
    const send = async (): Promise<void> => {
      const decisions = await Promise.all(Array.from({ length: 30 }, () => scene.limiter.consume()))
      expect(decisions.every(({ decidedBy }) => decidedBy === 'store')).toBe(true)
      admitted += decisions.length
    }
    await send()
    await migrateSlot(cluster, slot, from, to, { during: send })
    await send()
    expect(await scene.charged()).toBe(admitted)
  },
)

test.each(mainPlacedLibraries)(
  'while a slot moves with many buckets, calls that go together part, on $library',
  async ({ library, cluster: dial }) => {
    const prefix = `many-${library}`
    const client = dial(nodes)
    const store = redisStore(client, { prefix, processes: 1, timeout: '5s' })
    const limiter = await commands(store, [address])
    const slot = await cluster.slotOf(`{${prefix}}`)
    const from = await cluster.ownerOf(slot)
    const to = cluster.nodes.find((node) => node !== from)!
    let rounds = 0
    const send = async (): Promise<void> => {
      const subjects = Array.from({ length: 40 }, (_, i) => ({ api: '', app: '', address: `10.0.0.${i}` }))
      const decisions = await Promise.all(subjects.map((subject) => limiter.consume(subject)))
      expect(decisions.filter(({ decidedBy }) => decidedBy !== 'store')).toEqual([])
      rounds += 1
    }
    await send()
    await migrateSlot(cluster, slot, from, to, { during: send })
    await send()
    for (let i = 0; i < 40; i++) expect(await limiter.inspect('address', `10.0.0.${i}`)).toMatchObject({ remaining: 10 - rounds })
    await store.close()
    await endClient(client)
  },
)
