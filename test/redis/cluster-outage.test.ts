/** A Cluster that loses a node: what is on the others is decided as before, and nobody waits longer than the bound. */
import { createLimiter, tokenBucket } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Cluster } from 'ioredis'
import { expect, test } from 'vitest'
import { ask, type RedisServer, startCluster } from '../servers/index.ts'
import { quiet } from './clients.ts'
import { ownTime } from './own-time.ts'

/** So long that a healthy node answers before it on a busy machine too. */
const timeoutMs = 400
/** What the answer takes beside the wait. */
const slackMs = 50

const losses: readonly { readonly name: string; lose(node: RedisServer): unknown; find(node: RedisServer): unknown }[] = [
  { name: 'frozen', lose: (node) => node.pause(), find: (node) => node.resume() },
  { name: 'gone', lose: (node) => node.kill(), find: (node) => node.restart() },
]

test.each(losses.map((loss) => [loss.name, loss] as const))(
  'a node that is %s is missed by its own buckets alone, and decides again afterwards',
  async (_, { lose, find }) => {
    await using cluster = await startCluster()
    const [lost] = cluster.nodes
    // Without this the others stop too, once they have missed the node for a while.
    for (const node of cluster.nodes) await ask(node, 'CONFIG', 'SET', 'cluster-require-full-coverage', 'no')
    const client = quiet(new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port }))))
    const store = redisStore(client, { colocate: 'api', processes: 1, timeout: `${timeoutMs}ms` })
    const rule = tokenBucket({ capacity: 1000, per: '366d' })
    const limiter = createLimiter<string>({ limits: [{ name: 'api', by: (api) => api, rule }], store })
    const homes = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => [`api${i}`, await cluster.ownerOf(await cluster.slotOf(`{api${i}}`))] as const),
    )
    const [there] = homes.find(([, node]) => node === lost)!
    const [elsewhere] = homes.find(([, node]) => node !== lost)!
    const deciders = async (): Promise<string> => {
      using time = ownTime()
      const by: string[] = []
      for (const api of [there, elsewhere]) {
        const start = time.nowMs()
        by.push((await limiter.consume(api)).decidedBy)
        expect(time.nowMs() - start).toBeLessThanOrEqual(timeoutMs + slackMs)
      }
      return by.join()
    }
    await expect.poll(deciders).toBe('store,store')
    await lose(lost!)
    for (let i = 0; i < 5; i++) expect(await deciders()).toBe('local,store')
    await find(lost!)
    await expect.poll(deciders).toBe('store,store')
    await store.close()
    client.disconnect()
  },
)
