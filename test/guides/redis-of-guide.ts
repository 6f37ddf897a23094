/** One Redis for the peers of a guide that need one, and the client that @upstash/ratelimit takes. */
import type { Ratelimit } from '@upstash/ratelimit'
import { Redis } from 'ioredis'
import { afterAll } from 'vitest'
import { startRedis } from '../servers/index.ts'

type UpstashClient = ConstructorParameters<typeof Ratelimit>[0]['redis']

/** Starts at the top of the file, since the first start on a machine may install Redis. */
const started = startRedis().then((server) => ({ server, client: new Redis(server.socket) }))
afterAll(async () => {
  const { server, client } = await started
  client.disconnect()
  await server.stop()
})

/** The client of the server. */
export async function redisOfGuide(): Promise<Redis> {
  return (await started).client
}

/** What `@upstash/redis` sends over HTTP, sent to a Redis of the tests. */
export function upstashClient(redis: Redis): UpstashClient {
  const run = (send: (...all: (string | number)[]) => Promise<unknown>) => (script: string, keys: string[], args: string[]) =>
    send(script, keys.length, ...keys, ...args.map(String))
  const client = {
    evalsha: run((script, ...all) => redis.evalsha(String(script), Number(all[0]), ...all.slice(1))),
    // The servers of Upstash have a flag for scripts that Redis does not know.
    eval: run((script, ...all) =>
      redis.eval(String(script).replace(/^#!lua flags=allow-key-locking/, ''), Number(all[0]), ...all.slice(1)),
    ),
    get: (key: string) => redis.get(key),
    set: (key: string, value: string) => redis.set(key, value),
  }
  return client as unknown as UpstashClient
}
