/** A Redis client with nothing at the other end: what an outage looks like to a limiter. */
import { Redis } from 'ioredis'
import { afterAll } from 'vitest'

let client: Redis | undefined

/** A client of a port that is never open. It fails at once, where ioredis by itself would wait for ever. */
export function unreachableRedis(): Redis {
  if (client === undefined) {
    client = new Redis(1, '127.0.0.1', { maxRetriesPerRequest: 0, enableOfflineQueue: false, retryStrategy: () => 500 })
    client.on('error', () => undefined)
    afterAll(() => client?.disconnect())
  }
  return client
}
