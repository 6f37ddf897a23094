/** What ioredis does with a command that was carried out and whose reply never came: the ground a store stands on. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { ask } from './ask.ts'
import { proxiedCluster, proxiedSentinel } from './proxied.ts'
import { startRedis } from './redis-server.ts'
import { migrateSlot } from './slot-migration.ts'
import { startProxy } from './tcp-proxy.ts'
import { until } from './until.ts'

const [redis, trio, shards] = await Promise.all([startRedis(), proxiedSentinel(), proxiedCluster()])
const proxy = await startProxy(redis)
afterAll(() => Promise.all([redis, proxy, trio, shards].map((part) => part.stop())))

const shard = await shards.cluster.ownerOf(await shards.cluster.slotOf('n'))
const master = trio.sentinel.master()
const lost = { count: 1, to: /incr/ }

beforeEach(async () => {
  await Promise.all([redis, master, shard].map((server) => ask(server, 'SET', 'n', 0)))
  await Promise.all([proxy, trio.proxyOf(master), shards.proxyOf(shard)].map((one) => one.heal()))
})

/** The options of ioredis that are looked at here. */
interface Knobs {
  readonly maxRetriesPerRequest?: number
  readonly autoResendUnfulfilledCommands?: boolean
  readonly enableOfflineQueue?: boolean
  readonly commandTimeout?: number
  readonly socketTimeout?: number
  readonly connectionName?: string
}
interface ClusterKnobs {
  readonly retryDelayOnFailover?: number
  readonly retryDelayOnClusterDown?: number
  readonly enableOfflineQueue?: boolean
  readonly clusterNodeRetryStrategy?: () => number
  readonly redisOptions?: Knobs
}

/** A connection that sends each command once: what is in flight when it breaks is given up, and nothing is kept for later. */
const onceOnly: Knobs = { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false, enableOfflineQueue: false }

/** The same for a cluster, which retries by itself what its connections give up, unless told otherwise. */
const onceOnlyCluster: ClusterKnobs = {
  retryDelayOnFailover: 0,
  retryDelayOnClusterDown: 0,
  enableOfflineQueue: false,
  redisOptions: { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false },
}

const versions = [
  { version: 6, Client: Redis, ClusterClient: Cluster },
  // The part of the interface that is used here is the same.
  { version: 5, Client: Redis5 as unknown as typeof Redis, ClusterClient: Cluster5 as unknown as typeof Cluster },
]

async function ready<Client extends Redis | Cluster>(client: Client): Promise<Client> {
  client.on('error', () => {})
  await until(() => client.status === 'ready', { what: 'the client' })
  return client
}

/** How a call ended: its value, its error's message, or 'pending'. */
function outcome(call: Promise<unknown>, withinMs = 5000): Promise<unknown> {
  return Promise.race([call.catch((error: Error) => error.message), sleep(withinMs, 'pending')])
}

describe.for(versions)('ioredis $version', ({ version, Client, ClusterClient }) => {
  const dial = (options: Knobs): Promise<Redis> => ready(new Client({ host: proxy.host, port: proxy.port, ...options }))
  const dialTrio = (options: Knobs): Promise<Redis> =>
    ready(new Client({ sentinels: [...trio.sentinels], name: trio.sentinel.name, natMap: trio.natMap, ...options }))
  const dialShards = (options: ClusterKnobs): Promise<Cluster> => ready(new ClusterClient([...shards.nodes], options))

  test('sends it again by default, and it counts twice', async () => {
    const client = await dial({})
    proxy.cutReplies(lost)
    await expect(outcome(client.incr('n'))).resolves.toBe(2)
    client.disconnect()
  })

  test('sends it again even after telling the caller that it timed out', async () => {
    const client = await dial({ commandTimeout: 20 })
    proxy.cutReplies(lost)
    await expect(outcome(client.incr('n'))).resolves.toBe('Command timed out')
    await until(async () => (await ask(redis, 'GET', 'n')) === '2', { what: 'the second count' })
    client.disconnect()
  })

  test('never answers the caller if only autoResendUnfulfilledCommands is off', async () => {
    const client = await dial({ autoResendUnfulfilledCommands: false })
    proxy.cutReplies(lost)
    const call = client.incr('n')
    await until(() => client.status !== 'ready', { what: 'the cut' })
    await ready(client)
    await expect(outcome(call, 100)).resolves.toBe('pending')
    await expect(ask(redis, 'GET', 'n')).resolves.toBe('1')
    client.disconnect()
  })

  test('gives it up at once, told so, and reconnects', async () => {
    const client = await dial(onceOnly)
    proxy.cutReplies(lost)
    await expect(outcome(client.incr('n'))).resolves.toMatch('max retries per request')
    await expect(outcome(client.incr('n'))).resolves.toMatch("Stream isn't writeable")
    await ready(client)
    await expect(ask(redis, 'GET', 'n')).resolves.toBe('1')
    await expect(client.incr('n')).resolves.toBe(2)
    client.disconnect()
  })

  test('waits for ever in the handshake, unless socketTimeout is set', async () => {
    proxy.halfOpen()
    const [patient, alert] = [{}, { socketTimeout: 100 }].map((options) => {
      const client = new Client({ host: proxy.host, port: proxy.port, connectTimeout: 50, ...onceOnly, ...options })
      return client.on('error', () => {})
    })
    await until(() => patient?.status === 'connect', { what: 'the patient client to connect' })
    await sleep(200)
    expect(patient?.status).toBe('connect')
    await proxy.heal()
    await until(() => alert?.status === 'ready', { what: 'the alert client' })
    patient?.disconnect()
    alert?.disconnect()
  })

  test('behind Sentinels does the same, by default and when told', async () => {
    const server = trio.proxyOf(master)
    const [careless, careful] = await Promise.all([dialTrio({}), dialTrio(onceOnly)])
    server.cutReplies(lost)
    await expect(outcome(careless.incr('n'))).resolves.toBe(2)
    server.cutReplies(lost)
    await expect(outcome(careful.incr('n'))).resolves.toMatch('max retries per request')
    await ready(careful)
    await expect(ask(master, 'GET', 'n')).resolves.toBe('3')
    careless.disconnect()
    careful.disconnect()
  })

  test.for<[string, ClusterKnobs]>([
    ['by default', {}],
    ['with its connections told', { redisOptions: onceOnly }],
    ['without its queue', { enableOfflineQueue: false }],
    ['with connections that reconnect', { retryDelayOnFailover: 0, clusterNodeRetryStrategy: () => 10 }],
  ])('in a cluster sends it again %s', async ([, options]) => {
    const client = await dialShards(options)
    shards.proxyOf(shard).cutReplies(lost)
    await expect(outcome(client.incr('n'))).resolves.toBe(2)
    client.disconnect()
  })

  test.for<[string, ClusterKnobs]>([
    ['with connections that it replaces', onceOnlyCluster],
    ['with connections that reconnect', { ...onceOnlyCluster, clusterNodeRetryStrategy: () => 10 }],
  ])('in a cluster gives it up when told at both levels, %s', async ([, options]) => {
    const client = await dialShards(options)
    // A cluster dials a node when it first has a command for it, and refuses others until that is done.
    await client.get('n')
    shards.proxyOf(shard).cutReplies(lost)
    await expect(outcome(client.incr('n'))).resolves.toMatch(/Connection is closed|max retries per request/)
    await sleep(200)
    await expect(ask(shard, 'GET', 'n')).resolves.toBe('1')
    await expect(client.incr('n')).resolves.toBe(2)
    client.disconnect()
  })

  test('in a cluster still follows a slot that moves, when told', async () => {
    const client = await dialShards(onceOnlyCluster)
    // Version 5 refuses a command that is sent on by ASK to a node that it has not dialled yet.
    await Promise.all(client.nodes().map((node) => node.ping()))
    const slot = await shards.cluster.slotOf('{moving}')
    const from = await shards.cluster.ownerOf(slot)
    const to = shards.cluster.nodes.find((node) => node !== from)!
    await client.mset({ '{moving}a': 0, '{moving}b': 0 })
    await migrateSlot(shards.cluster, slot, from, to, { during: async () => void (await client.incr('{moving}a')) })
    await expect(client.incr('{moving}a')).resolves.toBe(4)
    client.disconnect()
  })

  test(`${version === 5 ? 'drops' : 'keeps'} the other redisOptions of a cluster when a duplicate overrides some`, async () => {
    const client = await dialShards({ redisOptions: { connectionName: 'kept' } })
    const twin = client.duplicate([], { redisOptions: { maxRetriesPerRequest: 0 } })
    expect(twin.options.redisOptions?.connectionName).toBe(version === 5 ? undefined : 'kept')
    client.disconnect()
    twin.disconnect()
  })
})
