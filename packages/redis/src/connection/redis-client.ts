/** The clients that a store can be made of, by their shape. A user of one library need not install the others for their types. */
import type { RedisConnector } from './raw/redis-connector.ts'

/** A client of ioredis 5 or 6 or of iovalkey: `new Redis(...)`, also with Sentinels, or `new Cluster([...])`. */
export interface IoredisClient {
  readonly status: string
  readonly isCluster: boolean
  readonly options: object
  duplicate(...args: never[]): unknown
  evalsha(...args: never[]): unknown
}

/** A client of node-redis 5 or 6: `createClient(...)`, `createSentinel(...)` or `createCluster(...)`. */
export interface NodeRedisClient {
  readonly isOpen: boolean
  sendCommand(...args: never[]): Promise<unknown>
  on(...args: never[]): unknown
  destroy(): unknown
}

/** What a store in Redis can be made of. */
export type RedisClient = IoredisClient | NodeRedisClient | RedisConnector
