/** Redis goes away: what happens to calls meanwhile, what is told to it afterwards, and nothing counts twice. */
import { type RedisServer, startProxy, startRedis, type TcpProxy } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { ProviderOptions } from '../provider/options.ts'
import { createProvider, type Provider } from '../provider/provider.ts'
import { redisMirrors } from './redis-mirror.ts'
import { ioredisRunner } from './script-runner.ts'

let redis: RedisServer
let names = 0

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

type Options = Partial<ProviderOptions>
const limits = { tokens: { capacity: 100, per: '1h' } } as const

/** A provider behind a proxy that breaks the way to Redis, and others with the same name on a way of their own. */
async function scene(options: Options = {}) {
  names += 1
  const proxy = await startProxy(redis)
  onTestFinished(() => proxy.stop())
  const providerAt = (port: number, own: Options = {}): Provider => {
    const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 50 })
    client.on('error', () => {})
    const runner = ioredisRunner(client)
    onTestFinished(async () => {
      await runner.close()
      client.disconnect()
    })
    const store = redisMirrors(runner, { prefix: `outage${names}`, timeoutMs: 250 })
    const provider = createProvider({ name: 'llm', limits, store, transit: '10s', queue: { wait: '1s' }, ...options, ...own })
    const events: string[] = []
    provider.observe((event) => event.type === 'outage' && events.push(event.state))
    onTestFinished(() => provider.close())
    return Object.assign(provider, { events })
  }
  const provider = providerAt(proxy.port) as Provider & { events: string[] }
  // A busy machine may give up the first question, which opens the connection. It must have booked nothing.
  await expect.poll(() => takes(provider, 0)).toBe('sent')
  return {
    proxy,
    provider,
    another: (own?: Options) => providerAt(redis.port, own),
  }
}

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'sent',
    (error: { code?: string }) => error.code,
  )
const takes = (provider: Provider, tokens: number): Promise<unknown> => codeOf(provider.acquire({ cost: { tokens } }))
const began = (provider: { events: string[] }): Promise<void> => expect.poll(() => provider.events, { timeout: 5000 }).toContain('began')

const ways: readonly [string, (proxy: TcpProxy) => void][] = [
  [
    'a killed server',
    (proxy) => {
      proxy.refuse()
      proxy.resetAll()
    },
  ],
  ['a server that hangs', (proxy) => proxy.blackHole()],
]

describe.each(ways)('%s', (_, fail) => {
  test("'deny': waiting calls are refused when their time is over, new ones at once, as unavailable; then service resumes by itself", async () => {
    const { proxy, provider } = await scene()
    expect(await takes(provider, 1)).toBe('sent')
    fail(proxy)
    const refused = await Promise.all([1, 2, 3].map(() => provider.acquire({ cost: { tokens: 1 } }).catch((error: unknown) => error)))
    for (const refusal of refused) {
      expect(refusal).toMatchObject({ code: 'SLUICE_EGRESS_OUTAGE', scope: 'provider', status: 503, retryAfterMs: 1000 })
      expect((refusal as Error).cause).toBeInstanceOf(Error)
    }
    await began(provider)
    const startMs = performance.now()
    expect(await takes(provider, 1)).toBe('SLUICE_EGRESS_OUTAGE')
    expect(performance.now() - startMs).toBeLessThan(250)
    expect(provider.snapshot()).toMatchObject({ waiting: 0 })
    await proxy.heal()
    await expect.poll(() => takes(provider, 1), { timeout: 5000 }).toBe('sent')
    expect(provider.events).toEqual(['began', 'ended'])
  })

  test("'local': the process sends its part of the limits, and what it has sent is booked when Redis is back", async () => {
    const { proxy, provider, another } = await scene({ onOutage: 'local', processes: 4 })
    expect(await takes(provider, 4)).toBe('sent')
    fail(proxy)
    await takes(provider, 1)
    await takes(provider, 1)
    await takes(provider, 1)
    await began(provider)
    // Its part is 25 of 100, and of the 4 that Redis has booked it counts one.
    expect(await takes(provider, 21)).toBe('sent')
    expect(await takes(provider, 1)).toBe('SLUICE_EGRESS_WAIT')
    await proxy.heal()
    await expect.poll(() => provider.events, { timeout: 5000 }).toContain('ended')
    expect(await takes(another({ onOutage: 'deny' }), 73)).toBe('SLUICE_EGRESS_WAIT')
    expect(await takes(another({ onOutage: 'deny' }), 72)).toBe('sent')
  })

  test("'allow': calls are sent without any limit, and booked when Redis is back", async () => {
    const { proxy, provider, another } = await scene({ onOutage: 'allow' })
    expect(await takes(provider, 4)).toBe('sent')
    fail(proxy)
    await takes(provider, 40)
    await takes(provider, 40)
    await takes(provider, 40)
    await began(provider)
    expect(await takes(provider, 40)).toBe('sent')
    await proxy.heal()
    await expect.poll(() => provider.events, { timeout: 5000 }).toContain('ended')
    expect(await takes(another({ onOutage: 'deny' }), 1)).toBe('SLUICE_EGRESS_WAIT')
  })
})

/** Two calls fill the window; then the first returns half of it in a way that breaks. */
async function settleHalf(breaks: (proxy: TcpProxy) => void) {
  const { proxy, provider, another } = await scene()
  const permit = await provider.acquire({ cost: { tokens: 60 } })
  const other = another()
  expect(await takes(other, 40)).toBe('sent')
  breaks(proxy)
  permit.settle({ tokens: 10 })
  return { proxy, other }
}

test('a settlement whose answer was lost is sent again, and counts once', async () => {
  const { proxy, other } = await settleHalf((each) => each.cutReplies({ count: 2, to: /evalsha/i }))
  await expect.poll(() => proxy.accepted(), { timeout: 5000 }).toBeGreaterThan(3)
  // An answer that is a second old is not refused by.
  await new Promise((resolve) => setTimeout(resolve, 1100))
  expect(await takes(other, 51)).toBe('SLUICE_EGRESS_WAIT')
  expect(await takes(other, 50)).toBe('sent')
})

test.each(ways)('a settlement that does not reach Redis is sent again when Redis is back: %s', async (_, fail) => {
  const { proxy, other } = await settleHalf(fail)
  await new Promise((resolve) => setTimeout(resolve, 400))
  expect(await takes(other, 1)).toBe('SLUICE_EGRESS_WAIT')
  await proxy.heal()
  await expect.poll(() => takes(other, 50), { timeout: 5000 }).toBe('sent')
})

test('a Retry-After that does not reach Redis blocks all processes when Redis is back', async () => {
  const { proxy, provider, another } = await scene()
  const permit = await provider.acquire({ cost: { tokens: 1 } })
  ways[0]![1](proxy)
  permit.observe({ 'retry-after': '60' }, 429)
  await new Promise((resolve) => setTimeout(resolve, 400))
  await proxy.heal()
  await expect.poll(() => takes(another(), 1), { timeout: 5000 }).toBe('SLUICE_EGRESS_WAIT')
})

test("'local' needs the number of processes", () => {
  expect(() => createProvider({ name: 'llm', limits, onOutage: 'local' })).toThrow('SLUICE_OPTION_TYPE')
})
