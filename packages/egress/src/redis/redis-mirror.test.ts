import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type RedisServer, startRedis } from '@sluice/test/servers'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundled } from '../../lua/bundle.ts'
import { askOf, headOf, rulesOf, timedAsks } from '../../test/asks.ts'
import { emptyState } from '../mirror/state.ts'
import { type Hint, take } from '../mirror/take.ts'
import { createProvider } from '../provider/provider.ts'
import { question, redisMirrors, takenOf } from './redis-mirror.ts'
import { ioredisRunner } from './script-runner.ts'
import { scripts } from './scripts.generated.ts'

let server: RedisServer
let client: Redis

beforeAll(async () => {
  server = await startRedis()
  client = new Redis(server.socket)
})
afterAll(async () => {
  client.disconnect()
  await server.stop()
})

const start = 10 ** 12
let keys = 0

function freshPrefix(): string {
  keys += 1
  return `t${keys}`
}

test('the script that is shipped is that in lua/; write it with `node --import tsx packages/egress/lua/generate.ts`', () => {
  expect(readFileSync(join(import.meta.dirname, 'scripts.generated.ts'), 'utf8')).toBe(bundled())
})

test.each([
  ['bookings, slots and what headers show', { slots: 4 }],
  ['a longer window, and calls that go alone', { windowUs: 4_000_000, probes: true }],
])('the script and the memory agree on every number of random histories: %s', async (_, options) => {
  const rules = rulesOf([10, 20], { lanes: 2, transitUs: 100_000, ...options })
  const channel = 'hints'
  const hinted: string[] = []
  const ears = client.duplicate()
  await ears.subscribe(channel)
  // The text of the script is sent once.
  await client.script('LOAD', scripts.take.source)
  ears.on('message', (_, message: string) => hinted.push(message))
  await fc.assert(
    fc.asyncProperty(timedAsks(2, { quiet: 'probes' in options }), async (asks) => {
      const state = emptyState(rules)
      keys += 1
      let now = start
      let latest = start
      const own: Hint[] = []
      hinted.length = 0
      for (const { afterUs, ask } of asks) {
        now += afterUs
        // Random instants of bookings lie in the time of the history, and some are those of the latest bookings.
        const booked = <T extends { readonly at: number }>(each: T): T => ({ ...each, at: each.at % 3 === 0 ? latest : each.at + start })
        const shifted = {
          ...ask,
          settles: ask.settles.map(booked),
          moves: ask.moves.map(booked),
          seen: ask.seen.map((seen) => ({ ...seen, at: seen.at + start, endsUs: seen.endsUs && seen.endsUs + start })),
          known: ask.known && { ...ask.known, now: ask.known.now + start },
        }
        const names = [`history:${keys}`, `history:${keys}:${ask.process}`]
        const reply = await client.callBuffer('evalsha', scripts.take.sha1, '2', ...names, question(shifted, rules), channel, String(now))
        const memory = take(state, now, shifted, rules, own)
        if (memory.booked.includes(true)) latest = memory.now
        // `expect` takes longer than both takes, so it only describes a difference.
        if (!isDeepStrictEqual(takenOf(reply), memory)) expect(takenOf(reply)).toEqual(memory)
      }
      await expect.poll(() => hinted, { interval: 1 }).toEqual(own.map(({ process, inUs }) => `${process} ${inUs}`))
    }),
    { numRuns: 200 },
  )
  ears.disconnect()
})

test('two processes share one quota, and a settlement of one wakes the other', async () => {
  const store = redisMirrors(ioredisRunner(client), { prefix: freshPrefix() })
  const providerOf = () => createProvider({ name: 'llm', limits: { tokens: { capacity: 100, per: '1h' } }, store, queue: { wait: '1h' } })
  const [one, two] = [providerOf(), providerOf()]
  const permit = await one.acquire({ cost: { tokens: 90 } })
  const waiting = two.acquire({ cost: { tokens: 80 } })
  await expect.poll(() => two.snapshot().waiting).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  permit.settle({ tokens: 10 })
  expect((await waiting).waitedMs).toBeLessThan(5000)
})

test('a call with known tokens is one command', async () => {
  const store = redisMirrors(ioredisRunner(client), { prefix: freshPrefix() })
  const provider = createProvider({ name: 'llm', limits: { requests: { capacity: 100, per: '1h' } }, store })
  ;(await provider.acquire()).settle()
  const count = async () => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1])
  const before = await count()
  for (let i = 0; i < 10; i++) (await provider.acquire()).settle()
  expect((await count()) - before).toBe(10)
})

test('a key that is lost stops the process that knew it for a window', async () => {
  const rules = rulesOf([5], { windowUs: 60_000_000 })
  const mirror = redisMirrors(ioredisRunner(client), { prefix: freshPrefix() }).open('llm', rules)
  const { now } = await mirror.take(askOf({ heads: [headOf([1])] }))
  await client.flushall()
  const ask = askOf({ heads: [headOf([1])], known: { now, leastUs: 1000, mostUs: 1_000_000, stepped: false } })
  expect(await mirror.take(ask)).toMatchObject({ booked: [false], fresh: true, waitUs: 60_000_000 })
})

test('concurrency holds for all processes together, and a slot that one gives back wakes another', async () => {
  const store = redisMirrors(ioredisRunner(client), { prefix: freshPrefix() })
  const options = { name: 'llm', limits: { requests: { capacity: 100, per: '1h' } }, concurrency: 3, store, queue: { wait: '1m' } } as const
  const [one, two] = [createProvider(options), createProvider(options)]
  const permits = [await one.acquire(), await one.acquire(), await two.acquire()]
  const waiting = [two.acquire(), two.acquire()]
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect([one.snapshot(), two.snapshot()]).toMatchObject([
    { inFlight: 2, waiting: 0 },
    { inFlight: 1, waiting: 2 },
  ])
  permits[0]!.settle()
  await waiting[0]!
  expect([one.snapshot(), two.snapshot()]).toMatchObject([
    { inFlight: 1, waiting: 0 },
    { inFlight: 2, waiting: 1 },
  ])
  permits[1]!.settle()
  await waiting[1]!
  expect([one.snapshot(), two.snapshot()]).toMatchObject([{ inFlight: 0 }, { inFlight: 3, waiting: 0 }])
})
