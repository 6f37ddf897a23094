/** Which clients the store works with. Any other one is refused at start-up by its name. */
import { SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import type { Cluster, Redis } from 'ioredis'
import { SluiceError } from '../errors.ts'
import { ioredisClient } from './ioredis/ioredis-client.ts'
import type { CallersClient } from './own-client.ts'

/** What is looked at of a value that may be a client. */
type Shape = Readonly<Record<string, unknown>>

/**
 * The value, if it is a client of ioredis 5 or 6, or of a fork with the same inner parts, such as iovalkey.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, which names the client
 */
export function supportedClient(value: unknown): CallersClient {
  if (isIoredis(value)) return ioredisClient(value as Redis | Cluster)
  const wanted = 'a client of ioredis: new Redis(...) or new Cluster([...])'
  // A client holds its password, so that only its name is shown.
  throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'client', wanted, value: nameOf(value) })
}

/** A mock of ioredis has its methods and no connection. */
function isIoredis(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { duplicate, evalsha, status, options, isCluster, connector, ['connectionPool']: nodes } = value as Shape
  if (typeof duplicate !== 'function' || typeof evalsha !== 'function') return false
  if (typeof status !== 'string' || typeof options !== 'object') return false
  const inner = isCluster === true ? nodes : connector
  return typeof inner === 'object' && inner !== null
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
  if (has('isOpen', 'sendCommand')) {
    if (has('masters') || has('rootNodes')) return 'a cluster client of node-redis'
    return has('getSentinelNode') || has('getMasterNode') ? 'a Sentinel client of node-redis' : 'a client of node-redis'
  }
  if (has('evalSha', 'sendCommand')) return has('slots', 'masters') ? 'a cluster client of node-redis' : 'a client of node-redis'
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
