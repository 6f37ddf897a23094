import { ban, createLimiter, type Limit, type Limiter, type LimiterEvent, tokenBucket } from '@sluice/core'
import { startCluster, startRedis } from '@sluice/test/servers'
import { Cluster, Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import { redisStore } from '../redis-store.ts'

const [redis, shards] = await Promise.all([startRedis(), startCluster()])
const clients = {
  'one Redis': new Redis(redis.port),
  'a Cluster whose nodes share the load': new Cluster(shards.nodes.map(({ host, port }) => ({ host, port }))),
}
afterAll(async () => {
  for (const client of Object.values(clients)) client.disconnect()
  await Promise.all([redis, shards].map((servers) => servers.stop()))
})

const login: Limit<string> = {
  name: 'login',
  by: (id) => id,
  rule: tokenBucket({ capacity: 2, per: '1h' }),
  ban: ban({ after: 5, within: '1m', for: '5m' }),
}

describe.each(Object.entries(clients))('on %s', (_, client) => {
  const options = { colocate: 'login', prefix: 'bans', processes: 1, timeout: '10s' } as const
  const limiters = (): Limiter<string>[] => [1, 2].map(() => createLimiter<string>({ limits: [login], store: redisStore(client, options) }))

  test('processes that share it ban together, once for so many refusals, and either lifts it', async () => {
    const [one, other] = limiters() as [Limiter<string>, Limiter<string>]
    const bans: LimiterEvent[] = []
    for (const limiter of [one, other]) limiter.observe((event) => event.type === 'ban' && bans.push(event))
    await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 ? one : other).consume('ann')))
    await expect.poll(async () => (await other.bans('login')).map(({ key }) => key)).toEqual(['ann'])
    await expect.poll(() => bans).toEqual([{ type: 'ban', limit: 'login', key: 'ann', level: 1, durationMs: 300_000 }])
    expect((await one.consume('ann')).limits[0]!.blockedForMs).toBeGreaterThan(290_000)
    await other.block('login', 'ann', 0)
    expect(await one.bans('login')).toEqual([])
    expect((await one.consume('ann')).limits[0]!.blockedForMs).toBeUndefined()
    await Promise.all([one.block('login', 'bob', '1m'), one.block('login', 'cid', '2m')])
    expect((await other.bans('login')).map(({ key }) => key)).toEqual(['cid', 'bob'])
    await Promise.all([one.reset('login', 'bob'), one.reset('login', 'cid'), one.reset('login', 'ann')])
    expect(await other.bans('login')).toEqual([])
  })
})
