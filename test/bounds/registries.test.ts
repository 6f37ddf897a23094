/** What a process remembers does not grow with keys, rules and addresses, whatever verb they come in. */

import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  ban,
  concurrency,
  createLimiter,
  type Limit,
  type MemoryStore,
  memoryStore,
  type Rule,
  shareOf,
  slidingWindow,
  tokenBucket,
} from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { guardFetch } from '@sluice/http/fetch'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { startRedis } from '../servers/index.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const redis = await startRedis()
const client = new Redis(redis.socket)
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
const outer: Limit<number> = { name: 'outer', by: String, rule: tokenBucket({ capacity: 1_000_000, per: '1h' }) }
const changing = (n: number): readonly Limit<number>[] => [outer, { name: 'inner', by: String, rule: shareOf('outer', (1 + n) / 1e6) }]
const slots: Limit<number> = { name: 'slots', by: String, rule: (n) => concurrency({ capacity: 1 + n }) }
const banning = (time: '1h' | '20ms'): Limit<number> => ({
  name: 'bans',
  by: String,
  rule: tokenBucket({ capacity: 1, per: '1h' }),
  ban: ban({ after: 1, within: '1h', for: time }),
})

/** No number of a rule fits 31 bits from here on, so that all rules take the same place. */
const first = 100_000

/** The core keeps the identity of its latest 10,000 rules, and the Redis store as many texts. Here are more, so that no verb adds to them. */
async function fill(...kinds: readonly ((n: number) => Rule)[]): Promise<void> {
  const limits = Array.from({ length: 90 }, (_, i): Limit<number> => {
    const rule = kinds[i % kinds.length]!
    return { name: `fill ${i}`, by: () => 'all', rule: (n) => rule(first - 90 * n - i) as never }
  })
  const limiter = createLimiter<number>({ limits, store })
  for (let n = 1; n <= 200; n++) await limiter.peek(n)
}

/** Calls of a verb replace rules of their own kinds, where these are as many as the core keeps. */
async function fillLike(limits: readonly Limit<number>[], changes?: (n: number) => readonly Limit<number>[]): Promise<void> {
  const limiter = createLimiter<number>({ limits, store: smallMemory() })
  for (let n = first - 5200; n < first; n++) {
    if (changes !== undefined) await limiter.update(changes(n))
    await limiter.peek(n)
  }
}

const memories: MemoryStore[] = []
function smallMemory(): MemoryStore {
  const memory = memoryStore({ maxBuckets: 500 })
  memories.push(memory)
  return memory
}

type Verb = (n: number) => unknown

/** Its calls leave less of each rule than others do, so that it is steady only when those of its first rounds have replaced all. */
const upTo = 'consumeUpTo, peek, refund, reset and inspect'

/** What is made for each call, though it should be made once. Functions are new each time, as where a handler writes them. */
const fleeting: Readonly<Record<string, () => Verb>> = {
  'a limiter with a store of its own': () => (n) => createLimiter<number>({ limits: fleetingLimits(n) }).consume(n),
  'a limiter on one memory store': () => {
    const memory = smallMemory()
    return (n) => createLimiter<number>({ limits: fleetingLimits(n), store: memory }).consume(n)
  },
  'a limiter on one Redis store': () => (n) => createLimiter<number>({ limits: fleetingLimits(n), store }).consume(n),
  'a guard with a store of its own': () => (n) => guardFetch({ limits: guardLimits(n) }, answer)(new Request('http://localhost')),
  'a guard on one store': () => {
    const memory = smallMemory()
    return (n) => guardFetch({ limits: guardLimits(n), store: memory }, answer)(new Request('http://localhost'))
  },
  'a guard with listeners on one Redis store': () => (n) => {
    const observe = (): unknown => guard
    const guard = guardFetch({ limits: guardLimits(n), store, observe }, answer)
    return guard(new Request('http://localhost'))
  },
  'a route of one guard': () => {
    const guard = guardFetch({ limits: [], store: smallMemory() }, answer)
    guard.admin.observe(() => undefined)
    return (n) => guard.with({ limits: guardLimits(n) }, answer)(new Request('http://localhost'))
  },
  'a route of one guard, beside a limit that all share': () => {
    const [shared] = guardLimits(0)
    const guard = guardFetch({ limits: [], store: smallMemory() }, answer)
    return (n) => guard.with({ limits: [shared!, ...guardLimits(n, 'other')] }, answer)(new Request('http://localhost'))
  },
}

const fleetingRule = tokenBucket({ capacity: 1, per: '30d' })
const answer = (): Response => new Response('ok')
const fleetingLimits = (n: number): Limit<number>[] => [{ name: 'fleeting', by: () => `caller ${n % 100}`, rule: fleetingRule }]
const guardLimits = (n: number, name = 'fleeting'): HttpLimit<Request>[] => [{ name, by: () => `caller ${n % 100}`, rule: fleetingRule }]

/** @param blocks - how long keys are blocked: for an hour where the store is full of them, or so that they end during the test */
function verbsOn(on: () => MemoryStore | typeof store, blocks: '1h' | '20ms'): Readonly<Record<string, () => Verb | Promise<Verb>>> {
  return {
    consume: async () => {
      await fillLike(fresh)
      const limiter = createLimiter<number>({ limits: fresh, store: on() })
      return (n) => limiter.consume(n)
    },
    [upTo]: () => {
      const limiter = createLimiter<number>({ limits: fresh, store: on() })
      return async (n) => {
        await limiter.consumeUpTo(n, { atMost: 2 })
        await limiter.peek(n)
        await limiter.refund(n)
        await limiter.inspect('rules', String(n))
        await limiter.reset('rules', String(n))
      }
    },
    'reserve, renew and settle, with slots': async () => {
      await fillLike([...fresh, slots])
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
    'update, with rules and shares that change': async () => {
      await fillLike([tokens], changing)
      const limiter = createLimiter<number>({ limits: [tokens], store: on() })
      return async (n) => {
        await limiter.update(changing(n))
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

const scenarios: readonly (readonly [name: string, make: () => Verb | Promise<Verb>, calls: number])[] = [
  ...Object.entries(verbsOn(smallMemory, '1h')).map(([name, make]) => [`memory: ${name}`, make, name === upTo ? 2600 : 500] as const),
  ...Object.entries(verbsOn(() => store, '20ms')).map(([name, make]) => [`Redis: ${name}`, make, 250] as const),
  ...Object.entries(guarded).map(([name, make]) => [`HTTP: ${name}`, make, 500] as const),
  ...Object.entries(fleeting).map(([name, make]) => [`made for each call: ${name}`, make, 200] as const),
]

/** One round of calls, which begins with a number. @returns bytes in use after it */
async function round(verb: Verb, from: number, calls: number, rests: boolean): Promise<number> {
  for (let n = from; n < from + calls; n += 50) await Promise.all(Array.from({ length: 50 }, async (_, i) => verb(n + i)))
  // Each store has a timer for a second, which outlives the store.
  if (rests) await sleep(1100)
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  return process.memoryUsage().heapUsed
}

/**
 * By how many bytes a call grows what the process remembers. What is bounded is full after two rounds. What grows with each call grows in
 * every round, and noise does not: one round without growth is enough. The process runs no optimised code, whose size is most of the noise.
 */
async function growth(verb: Verb, calls: number, rests: boolean): Promise<number> {
  await round(verb, first, calls, rests)
  const full = await round(verb, first + calls, calls, rests)
  let bytesPerCall = Number.POSITIVE_INFINITY
  for (let rounds = 1; rounds <= 16 && bytesPerCall >= most; rounds++) {
    bytesPerCall = ((await round(verb, first + (1 + rounds) * calls, calls, rests)) - full) / (rounds * calls)
  }
  return bytesPerCall
}

const most = 50
const rests = (name: string): boolean => name.includes('a store of its own')

await fill(
  (n) => tokenBucket({ capacity: n, per: '1h' }),
  (n) => slidingWindow({ capacity: n, per: '1h' }),
)

test.each(scenarios)('%s', { timeout: 240_000 }, async (name, make, calls) => {
  expect(await growth(await make(), calls, rests(name))).toBeLessThan(most)
})
