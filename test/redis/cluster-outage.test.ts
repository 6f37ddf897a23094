/** A Cluster that loses a node: what is on the others is decided as before, and no call waits longer than the bound. */
import { createLimiter, tokenBucket } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { ask, type RedisServer, startCluster } from '../servers/index.ts'
import { endClient, mainPlacedLibraries, quiet } from './clients.ts'
import { ownTime } from './own-time.ts'

const timeoutMs = 400
/** A healthy node answers sooner, unless the machine has no time for it. */
const healthyMs = 200
/** What the answer takes beside the wait. */
const slackMs = 50

const losses: readonly { readonly name: string; lose(node: RedisServer): unknown; find(node: RedisServer): unknown }[] = [
  { name: 'frozen', lose: (node) => node.pause(), find: (node) => node.resume() },
  { name: 'gone', lose: (node) => node.kill(), find: (node) => node.restart() },
]

const cluster = await startCluster()
afterAll(() => cluster[Symbol.asyncDispose]())

const matrix = mainPlacedLibraries.flatMap((library) => losses.map((loss) => [loss.name, library.library, library, loss] as const))

test.each(matrix)(
  'a node that is %s is missed by its own buckets alone, and decides again afterwards, on %s',
  async (_, __, library, { lose, find }) => {
    const [lost] = cluster.nodes
    // Without this the others stop too, once they have missed the node for a while.
    for (const node of cluster.nodes) await ask(node, 'CONFIG', 'SET', 'cluster-require-full-coverage', 'no')
    const client = library.cluster(cluster.nodes.map(({ host, port }) => ({ host, port })))
    const store = redisStore(client, { colocate: 'api', processes: 1, timeout: `${timeoutMs}ms` })
    const rule = tokenBucket({ capacity: 1000, per: '366d' })
    const limiter = createLimiter<string>({ limits: [{ name: 'api', by: (api) => api, rule }], store })
    const homes = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => [`api${i}`, await cluster.ownerOf(await cluster.slotOf(`{api${i}}`))] as const),
    )
    const [there] = homes.find(([, node]) => node === lost)!
    const [elsewhere, healthy] = homes.find(([, node]) => node !== lost)!
    const beside = quiet(new Redis(healthy.port))
    const decider = async (api: string): Promise<string> => {
      using time = ownTime()
      const { decidedBy } = await limiter.consume(api)
      expect(time.nowMs()).toBeLessThanOrEqual(timeoutMs + slackMs)
      return decidedBy
    }
    /** Who decides what is elsewhere. Where the node kept somebody beside it waiting too, the machine had no time for it, and that does not count. */
    const healthyDecider = async (): Promise<string> => {
      const start = performance.now()
      const pinged = beside.ping().then(() => performance.now() - start)
      const decidedBy = await decider(elsewhere)
      if ((await pinged) < healthyMs) return decidedBy
      await expect.poll(() => decider(elsewhere)).toBe('store')
      return healthyDecider()
    }
    const deciders = async (): Promise<string> => `${await decider(there)},${await healthyDecider()}`
    await expect.poll(deciders).toBe('store,store')
    await lose(lost!)
    for (let i = 0; i < 5; i++) expect(await deciders()).toBe('local,store')
    await find(lost!)
    await expect.poll(deciders).toBe('store,store')
    await store.close()
    await endClient(client)
    beside.disconnect()
  },
)
