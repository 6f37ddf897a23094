/** No call is ever charged twice, whatever happens to its reply. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisClient } from '@sluice/redis'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import { turnstile } from '../clients/turnstile.ts'
import { proxiedCluster, proxiedSentinel, startProxy, startRedis } from '../servers/index.ts'
import { libraries, mainLibraries, placedLibraries } from './clients.ts'
import { type Scene, sceneOn } from './scene.ts'

const [redis, trio, shards] = await Promise.all([startRedis(), proxiedSentinel(), proxiedCluster()])
afterAll(() => Promise.all([redis, trio, shards].map((part) => part.stop())))

/** Long enough for every retry that a library is known for. */
const retriesMs = 300
const lost = { count: 1, to: /evalsha/i }
let prefixes = 0

/** A scene of its own, where a busy machine does not look like an outage: what is lost is known at once. */
function patient(client: RedisClient, prefix: string): Scene {
  return sceneOn(client, { prefix, timeout: '5s' })
}

/** A scene whose replies can be lost. */
interface Cuttable {
  readonly scene: Scene
  cut(): Promise<void>
}

/** Runs a test against a server that no other test cuts off meanwhile. */
type Place = (prefix: string, run: (it: Cuttable) => Promise<void>) => Promise<void>

const [turnAtTrio, turnAtShards] = [turnstile(), turnstile()]

describe.concurrent.each(libraries)('on $library', (tried) => {
  const { one, sentinel, cluster } = tried
  const everyPlace: Readonly<Record<string, Place>> = {
    'one server': async (prefix, run) => {
      await using proxy = await startProxy(redis)
      await using scene = patient(one({ port: proxy.port }), prefix)
      await run({ scene, cut: async () => proxy.cutReplies(lost) })
    },
    'a master behind Sentinels': (prefix, run) =>
      turnAtTrio(async () => {
        await using scene = patient(sentinel({ sentinels: trio.sentinels, name: trio.sentinel.name, natMap: trio.natMap }), prefix)
        await run({ scene, cut: async () => trio.proxyOf(trio.sentinel.master()).cutReplies(lost) })
      }),
    'a Cluster': (prefix, run) =>
      turnAtShards(async () => {
        await using scene = patient(cluster(shards.nodes), prefix)
        const cut = async (): Promise<void> => {
          for (const node of shards.cluster.nodes) shards.proxyOf(node).cutReplies(lost)
        }
        await run({ scene, cut })
      }),
  }

  // A connector leads to one server.
  const places = placedLibraries.includes(tried) ? Object.keys(everyPlace) : ['one server']
  const morePlaces = mainLibraries.includes(tried) ? places : ['one server']

  test.each(places)('a call whose reply is lost is charged once by %s', async (name) => {
    await everyPlace[name]!(`once${prefixes++}`, async ({ scene, cut }) => {
      await scene.ready()
      await cut()
      await expect(scene.limiter.consume()).resolves.toMatchObject({ allowed: true, decidedBy: 'local' })
      await sleep(retriesMs)
      expect(await scene.charged()).toBe(1)
      await scene.limiter.consume()
      expect(await scene.charged()).toBe(2)
    })
  })

  test.each(morePlaces)('many calls at once whose replies are lost are each charged at most once by %s', async (name) => {
    await everyPlace[name]!(`once${prefixes++}`, async ({ scene, cut }) => {
      await scene.ready()
      await cut()
      const decisions = await Promise.all(Array.from({ length: 50 }, () => scene.limiter.consume()))
      await sleep(retriesMs)
      const byStore = decisions.filter(({ decidedBy }) => decidedBy === 'store').length
      const charged = await scene.charged()
      expect(charged).toBeGreaterThanOrEqual(byStore)
      expect(charged).toBeLessThanOrEqual(50)
    })
  })

  test.each(morePlaces)('a reservation whose settlement loses its reply is settled once by %s', async (name) => {
    await everyPlace[name]!(`once${prefixes++}`, async ({ scene, cut }) => {
      await scene.ready()
      // A server that does not know the script yet would lose no more than its asking for it.
      await (await scene.limiter.reserve()).cancel()
      const held = await scene.limiter.reserve(undefined, { cost: 10 })
      await cut()
      await held.settle(4)
      await held.cancel()
      await sleep(retriesMs)
      expect(await scene.charged()).toBe(4)
    })
  })
})

// It takes the scripts away from everybody, so that no other test runs meanwhile.
test.each(libraries)('a script that the server has lost is sent again, and charged once, on $library', async ({ one }) => {
  await using scene = patient(one({ port: redis.port }), `once${prefixes++}`)
  await scene.ready()
  const client = new Redis(redis.port)
  for (let i = 1; i <= 3; i++) {
    await client.script('FLUSH')
    await expect(scene.limiter.consume()).resolves.toMatchObject({ decidedBy: 'store' })
    expect(await scene.charged()).toBe(i)
  }
  client.disconnect()
})
