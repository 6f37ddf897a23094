/** Clients that the store does not work with are refused by their name. */
import { Cluster, Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { redisPolicy } from '../admin/redis-policy.ts'
import { redisStore } from '../redis-store.ts'
import { supportedClient } from './supported-client.ts'

const call = (): void => {}
const namedClass = (name: string): (new () => object) => ({ [name]: class {} })[name]!
/** An object of a class of this name, with these members. */
const made = (name: string, members: object): unknown => Object.assign(new (namedClass(name))(), members)

test.each<[name: string, client: unknown]>([
  [
    'a client of node-redis 4',
    made('Commander', { isOpen: true, isReady: true, sendCommand: call, duplicate: call, options: {}, connect: call, evalSha: call }),
  ],
  ['a cluster client of node-redis 4', made('RedisCluster', { isOpen: true, sendCommand: call, duplicate: call, masters: [], slots: [] })],
  ['a client of node-redis 3', made('RedisClient', { command_queue: [], connected: true, evalsha: call, duplicate: call })],
  ['a client of ioredis-mock', made('RedisMock', { status: 'ready', options: {}, evalsha: call, duplicate: call, isCluster: false })],
  ['the RedisClient of Bun', made('RedisClient', { connected: true, bufferedAmount: 0, connect: call, duplicate: call, send: call })],
  ['GlideClient of @valkey/valkey-glide', made('GlideClient', { customCommand: call })],
  ['GlideClusterClient of @valkey/valkey-glide', made('GlideClusterClient', { customCommand: call })],
  ['a client of @upstash/redis', made('Redis', { evalsha: call, createScript: call })],
  ['a Tedis', made('Tedis', { command: call })],
  ['an object of options', { host: '127.0.0.1', port: 6379, password: 'secret' }],
  ['a text', 'redis://user:secret@127.0.0.1'],
  ['a promise', Promise.resolve()],
  ['the class or function Redis', Redis],
  ['a list', [{ port: 6379 }]],
  ['a number', 6379],
  ['null', null],
  ['undefined', undefined],
])('%s', (name, client) => {
  for (const make of [() => redisStore(client as never), () => redisPolicy(client as never, 'key')]) {
    const refusal = expect.objectContaining({ code: 'SLUICE_OPTION_TYPE', message: expect.stringMatching(new RegExp(`but is "?${name}`)) })
    expect(make).toThrow(refusal)
    expect(make).not.toThrow(/secret/)
  }
})

test('clients of ioredis, and objects with connect, are taken', () => {
  const connector = { connect: async () => ({ send: async () => null, close() {} }) }
  for (const client of [new Redis({ lazyConnect: true }), new Cluster([], { lazyConnect: true }), connector])
    expect(supportedClient(client).identity).toBe(client)
})
