/** Which clients the store works with. Any other one is refused at start-up by its name. */
import { SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import type { Cluster, Redis } from 'ioredis'
import { SluiceError } from '../errors.ts'
import { ioredisClient } from './ioredis/ioredis-client.ts'
import type { NodeRedis, NodeRedisCluster, NodeRedisSentinel } from './node-redis/node-redis.ts'
import { nodeRedisClient, nodeRedisCluster, nodeRedisSentinel } from './node-redis/node-redis-client.ts'
import type { CallersClient } from './own-client.ts'
import { connectorClient } from './raw/connector-client.ts'
import type { RedisConnector } from './raw/redis-connector.ts'

/** What is looked at of a value that may be a client. */
type Shape = Readonly<Record<string, unknown>>

/**
 * The client that a value is: of ioredis 5 or 6, or a fork with the same inner parts, such as iovalkey; of node-redis 5 or 6; or a connector.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, which names the client
 */
export function supportedClient(value: unknown): CallersClient {
  if (typeof value === 'object' && value !== null) {
    const shape = value as Shape
    if (isIoredis(shape)) return ioredisClient(value as Redis | Cluster)
    const kind = nodeRedisKind(shape)
    if (kind === 'one server') return nodeRedisClient(value as NodeRedis)
    if (kind === 'Cluster') return nodeRedisCluster(value as NodeRedisCluster)
    if (kind === 'Sentinel') return nodeRedisSentinel(value as NodeRedisSentinel)
    if (isConnector(shape)) return connectorClient(value as RedisConnector)
  }
  const wanted = 'a client of ioredis, iovalkey or node-redis, or an object with `connect`'
  // A client holds its password, so that only its name is shown.
  throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'client', wanted, value: nameOf(value) })
}

/** A mock of ioredis has its methods and no connection. */
function isIoredis({ duplicate, evalsha, status, options, isCluster, connector, ['connectionPool']: nodes }: Shape): boolean {
  if (typeof duplicate !== 'function' || typeof evalsha !== 'function') return false
  if (typeof status !== 'string' || typeof options !== 'object') return false
  const inner = isCluster === true ? nodes : connector
  return typeof inner === 'object' && inner !== null
}

/** Which client of node-redis 5 or later a value is. Version 4 has no `unref` of its own, and other names. */
function nodeRedisKind(shape: Shape): 'one server' | 'Cluster' | 'Sentinel' | undefined {
  const can = (...names: string[]): boolean => names.every((name) => typeof shape[name] === 'function')
  if (typeof shape['isOpen'] !== 'boolean' || !can('sendCommand', 'on', 'destroy')) return undefined
  if (can('nodeClient') && Array.isArray(shape['masters'])) return 'Cluster'
  if (can('_execute', 'getMasterNode')) return 'Sentinel'
  return can('duplicate', 'unref', 'connect') && typeof shape['options'] === 'object' ? 'one server' : undefined
}

/** A client of another library may have `connect` too, but has methods or a class beside it. */
function isConnector(shape: Shape): boolean {
  if (typeof shape['connect'] !== 'function') return false
  return !('duplicate' in shape || 'sendCommand' in shape || 'customCommand' in shape || 'send' in shape)
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string') return 'a text'
  if (typeof value === 'function') return `the class or function ${value.name}, not a client that it made`
  if (typeof value !== 'object') return `a ${typeof value}`
  if (Array.isArray(value)) return 'a list'
  const shape = value as Shape
  if (typeof shape.then === 'function') return 'a promise: await it'
  return clientName(shape) ?? className(shape) ?? 'an object of options'
}

/** The name of a client that is known, by what only this client has. */
function clientName(shape: Shape): string | undefined {
  const has = (...names: string[]): boolean => names.every((name) => name in shape)
  const name = className(shape)
  if (name?.startsWith('Glide')) return `${name} of @valkey/valkey-glide`
  if (name === 'RedisMock' || (has('createConnectedClient') && has('duplicate'))) return 'a client of ioredis-mock'
  if (has('sendCommand')) return has('masters') ? 'a cluster client of node-redis 4' : 'a client of node-redis 4'
  if (has('command_queue')) return 'a client of node-redis 3'
  if (name === 'RedisClient' && has('bufferedAmount')) return 'the RedisClient of Bun'
  if (has('evalsha', 'createScript')) return 'a client of @upstash/redis, which speaks HTTP'
  return undefined
}

/** The name of the class that made an object; `undefined` for a plain object. */
function className(value: Shape): string | undefined {
  const name = (Object.getPrototypeOf(value) as { readonly constructor?: { readonly name?: unknown } } | null)?.constructor?.name
  return typeof name === 'string' && name !== '' && name !== 'Object'
    ? `a ${name}`.replace(/^a (?=Glide|RedisMock$|RedisClient$)/, '')
    : undefined
}
