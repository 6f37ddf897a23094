import { describeStore } from '@sluice/conformance/store'
import { startCluster, startRedis, startSentinel } from '@sluice/test/servers'
import { Cluster, Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import { timedStores } from '../test/timed-store.ts'

const [redis, trio, shards] = await Promise.all([startRedis(), startSentinel(), startCluster()])
const clients = {
  'one Redis': new Redis(redis.socket),
  'the master that Sentinels name': new Redis({ sentinels: trio.sentinels.map(({ host, port }) => ({ host, port })), name: trio.name }),
  'a Cluster': new Cluster(shards.nodes.map(({ host, port }) => ({ host, port }))),
}

for (const [name, client] of Object.entries(clients)) {
  const stores = timedStores(client)
  const create = () => ({ ...stores.empty(), dispose: () => {} })
  describeStore({ describe, expect, test }, name, create, { resetsAll: !(client instanceof Cluster) })
  afterAll(() => stores.close())
}

test('in a Cluster no limit can be reset as a whole', async () => {
  const { store } = timedStores(clients['a Cluster']).empty()
  const limit = { name: 'user', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null } as const
  await expect(store.resetAll(limit)).rejects.toMatchObject({ code: 'SLUICE_RESET_ALL' })
})

afterAll(async () => {
  for (const client of Object.values(clients)) client.disconnect()
  await Promise.all([redis, trio, shards].map((servers) => servers.stop()))
})
