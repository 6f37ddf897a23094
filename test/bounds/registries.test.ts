/** What a process remembers does not grow with keys, rules and addresses, whatever verb they come in. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  ban,
  concurrency,
  createLimiter,
  type Limit,
  type MemoryStore,
  memoryStore,
  shareOf,
  slidingWindow,
  tokenBucket,
} from '@sluice/core'
import { guardFetch } from '@sluice/http/fetch'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { startRedis } from '../servers/index.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const redis = await startRedis()
const client = new Redis(redis.port)
const store = redisStore(client, { processes: 1, timeout: '20s', handleLifetime: '1m' })
afterAll(async () => {
  await store.close()
  client.disconnect()
  await redis.stop()
})

/** Rules and keys that no call has had before. */
const fresh: Limit<number>[] = [
  { name: 'rules', by: String, rule: (n) => tokenBucket({ capacity: 1 + n, per: '1h' }) },
  { name: 'windows', by: (n) => ['window', n], rule: (n) => slidingWindow({ capacity: 1 + n, per: '1h' }) },
  { name: 'part', by: (n) => ['window', n, 'part'], rule: shareOf('windows', 0.5) },
]
const tokens: Limit<number> = { name: 'tokens', by: String, rule: tokenBucket({ capacity: 1, per: '1h' }) }
const slots: Limit<number> = { name: 'slots', by: String, rule: (n) => concurrency({ capacity: 1 + n }) }
const banning = (time: '1h' | '20ms'): Limit<number> => ({
  name: 'bans',
  by: String,
  rule: tokenBucket({ capacity: 1, per: '1h' }),
  ban: ban({ after: 1, within: '1h', for: time }),
})

const memories: MemoryStore[] = []
function smallMemory(): MemoryStore {
  const memory = memoryStore({ maxBuckets: 500 })
  memories.push(memory)
  return memory
}

type Verb = (n: number) => unknown

/** @param blocks - how long keys are blocked: for an hour where the store is full of them, or so that they end during the test */
function verbsOn(on: () => MemoryStore | typeof store, blocks: '1h' | '20ms'): Readonly<Record<string, () => Verb>> {
  return {
    consume: () => {
      const limiter = createLimiter<number>({ limits: fresh, store: on() })
      return (n) => limiter.consume(n)
    },
    'consumeUpTo, peek, refund, reset and inspect': () => {
      const limiter = createLimiter<number>({ limits: fresh, store: on() })
      return async (n) => {
        await limiter.consumeUpTo(n, { atMost: 2 })
        await limiter.peek(n)
        await limiter.refund(n)
        await limiter.inspect('rules', String(n))
        await limiter.reset('rules', String(n))
      }
    },
    'reserve, renew and settle, with slots': () => {
      const limiter = createLimiter<number>({ limits: [...fresh, slots], store: on() })
      return async (n) => {
        const held = await limiter.reserve(n)
        await held.renew()
        await held.settle(0)
      }
    },
    'bans and blocks': () => {
      const limiter = createLimiter<number>({ limits: [banning(blocks)], store: on() })
      return async (n) => {
        for (let i = 0; i < 3; i++) await limiter.consume(n)
        await Promise.resolve()
          .then(() => limiter.block('bans', `blocked ${n}`, blocks))
          .catch(() => undefined)
      }
    },
    'update, with rules and shares that change': () => {
      const limiter = createLimiter<number>({ limits: [tokens], store: on() })
      const parent: Limit<number> = { name: 'outer', by: String, rule: tokenBucket({ capacity: 1_000_000, per: '1h' }) }
      return async (n) => {
        await limiter.update([parent, { name: 'inner', by: String, rule: shareOf('outer', (1 + n) / 1e6) }])
        await limiter.consume(n)
      }
    },
  }
}

const guarded: Readonly<Record<string, () => Verb>> = {
  'addresses, forwarded addresses and refusals': () => {
    const limits = [{ name: 'ip', rule: tokenBucket({ capacity: 1, per: '30d' }) }]
    const options = { limits, trust: ['10.0.0.0/8'], store: smallMemory(), remoteAddress: (_: Request, peer: string) => peer }
    const handle = guardFetch(options, () => new Response('ok'))
    return async (n) => {
      const address = `${n >> 16}.${(n >> 8) & 255}.${n & 255}`
      const request = new Request(`http://localhost/${n}`, { headers: { 'x-forwarded-for': `192.${address}` } })
      for (const peer of [`11.${address}`, `10.${address}`, `11.${address}`]) await handle(request, peer)
    }
  },
}

const scenarios: readonly (readonly [name: string, make: () => Verb, calls: number])[] = [
  ...Object.entries(verbsOn(smallMemory, '1h')).map(([name, make]) => [`memory: ${name}`, make, 8000] as const),
  ...Object.entries(verbsOn(() => store, '20ms')).map(([name, make]) => [`Redis: ${name}`, make, 2000] as const),
  ...Object.entries(guarded).map(([name, make]) => [`HTTP: ${name}`, make, 3000] as const),
]

test.each(scenarios)('%s', { timeout: 240_000 }, async (_, make, calls) => {
  const verb = make()
  const round = async (from: number): Promise<number> => {
    for (let n = from; n < from + calls; n += 50) await Promise.all(Array.from({ length: 50 }, async (__, i) => verb(n + i)))
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setImmediate(resolve))
      collect()
    }
    return process.memoryUsage().heapUsed
  }
  // What is bounded is full after two rounds. What grows with each call grows in every round, and noise does not: one round without
  // growth is enough.
  await round(0)
  const full = await round(calls)
  let bytesPerCall = Number.POSITIVE_INFINITY
  for (let rounds = 1; rounds <= 8 && bytesPerCall >= 50; rounds++) {
    bytesPerCall = ((await round((1 + rounds) * calls)) - full) / (rounds * calls)
  }
  expect(bytesPerCall).toBeLessThan(50)
})
