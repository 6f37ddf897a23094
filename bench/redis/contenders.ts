/** What decides on Redis: the floor, the store of sluice, and the stores of the peers, called as their own middleware calls them. */
import { createRequire } from 'node:module'
import { createLimiter, type TokenBucketRule, tokenBucket } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { RedisStore } from 'rate-limit-redis'
import { RateLimiterRedis } from 'rate-limiter-flexible'

/** Decides for one key. */
export interface Decider {
  decide(key: string): Promise<unknown>
  close(): Promise<unknown>
}

export type MakeDecider = (port: number) => Promise<Decider>

const require = createRequire(import.meta.url)
const capacity = 1_000_000
const per = '1h'
const perMs = 3_600_000

/** The cheapest script there is: what any decision by script costs at least. */
export const trivial: MakeDecider = async (port) => {
  const client = new Redis(port)
  const sha1 = (await client.script('LOAD', 'return 1')) as string
  return { decide: (key) => client.evalsha(sha1, 1, key), close: () => client.quit() }
}

/** What an exact script must do at the least: read the clock of the server and a key, and write it with an expiry. */
export const bare: MakeDecider = async (port) => {
  const client = new Redis(port)
  const source = `local time = redis.call('TIME')
redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', 3600000)
return { time[1] * 1000000 + time[2], 1, 1 }`
  const sha1 = (await client.script('LOAD', source)) as string
  const value = 'x'.repeat(32)
  return { decide: (key) => client.evalsha(sha1, 1, `bare:${key}`, value), close: () => client.quit() }
}

export const incr: MakeDecider = async (port) => {
  const client = new Redis(port)
  return { decide: (key) => client.incr(key), close: () => client.quit() }
}

const rule = tokenBucket({ capacity, per })

export const sluice: MakeDecider = async (port) => sluiceOf(port, ['ip'], rule)
export const sluiceThree: MakeDecider = async (port) => sluiceOf(port, ['api', 'app', 'ip'], rule)
/** Whose buckets are there for minutes after one unit. */
export const sluiceSlow: MakeDecider = async (port) => sluiceOf(port, ['ip'], tokenBucket({ capacity: 10, per }))

async function sluiceOf(port: number, names: readonly string[], rule: TokenBucketRule): Promise<Decider> {
  const client = new Redis(port)
  const store = redisStore(client, { processes: 1, timeout: '10s' })
  const limiter = createLimiter<string>({ limits: names.map((name) => ({ name, by: (key) => key, rule })), store })
  await limiter.consume('warm up')
  return {
    decide: async (key) => limiter.consume(key),
    async close() {
      await store.close()
      await client.quit()
    },
  }
}

export const flexible: MakeDecider = async (port) => {
  const client = new Redis(port)
  const limiter = new RateLimiterRedis({ storeClient: client, points: capacity, duration: perMs / 1000 })
  return { decide: (key) => limiter.consume(key), close: () => client.quit() }
}

export const express: MakeDecider = async (port) => {
  const client = new Redis(port)
  const store = new RedisStore({ sendCommand: (command: string, ...args: string[]) => client.call(command, ...args) as Promise<never> })
  void store.init({ windowMs: perMs } as never)
  return { decide: (key) => store.increment(key), close: () => client.quit() }
}

interface FastifyStore {
  incr(key: string, answer: (error: Error | null, seen: unknown) => void, timeWindow: number, max: number): void
}

export const fastify: MakeDecider = async (port) => {
  const client = new Redis(port)
  const Store = require('@fastify/rate-limit/store/RedisStore.js') as new (exceed: boolean, backoff: boolean, client: Redis) => FastifyStore
  const store = new Store(false, false, client)
  const decide = (key: string): Promise<unknown> =>
    new Promise((resolve, reject) => store.incr(key, (error, seen) => (error === null ? resolve(seen) : reject(error)), perMs, capacity))
  return { decide, close: () => client.quit() }
}

/** A peer that asks three times, at once, for what sluice asks once. */
export function thrice(make: MakeDecider): MakeDecider {
  return async (port) => {
    const { decide, close } = await make(port)
    return { decide: (key) => Promise.all([decide(`api${key}`), decide(`app${key}`), decide(key)]), close }
  }
}
