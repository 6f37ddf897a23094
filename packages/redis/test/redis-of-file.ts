/** A Redis server for the tests of one file, with stores whose time the tests set. */
import { startRedis } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import { afterAll } from 'vitest'
import { type TimedRedisStores, timedStores } from './timed-store.ts'

export interface RedisOfFile {
  readonly client: Redis
  readonly stores: TimedRedisStores
}

/** Starts a server that ends after the last test of the file. */
export async function redisOfFile(): Promise<RedisOfFile> {
  const redis = await startRedis()
  const client = new Redis(redis.socket)
  const stores = timedStores(client)
  afterAll(async () => {
    await stores.close()
    client.disconnect()
    await redis.stop()
  })
  return { client, stores }
}
