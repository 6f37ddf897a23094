/** A pool of keys behind `fetch`, undici and an SDK: the header of each call, and what the provider says of its key. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startRedis } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import OpenAI from 'openai'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fetchThrough } from '../fetch/fetch-through.ts'
import { redisMirrors } from '../redis/redis-mirror.ts'
import { ioredisRunner } from '../redis/script-runner.ts'
import { egressRefusalOf } from '../refusal.ts'
import { providerInterceptor } from '../undici/provider-interceptor.ts'
import { createKeyPool, type KeyPool } from './key-pool.ts'
import type { KeyPoolOptions } from './pool-options.ts'

/** Which keys the provider takes, and the credentials of the calls that it saw. */
let revoked: Set<string>
let seen: string[]
let url: string

const server = createServer((incoming, response) => {
  const { authorization = '', 'x-other': other = '' } = incoming.headers
  seen.push(`${authorization} ${String(other)}`.trim())
  const status = revoked.has(authorization) ? 401 : incoming.url === '/forbidden' ? 403 : 200
  incoming.resume().on('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end('{"choices":[]}'))
})

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => void server.close())

beforeEach(() => {
  revoked = new Set()
  seen = []
})

const keys = ['a', 'b', 'c'].map((label) => ({ label, secret: `sk-${label}` }))
const poolOf = (options: Partial<KeyPoolOptions> = {}): KeyPool =>
  createKeyPool({ name: 'llm', limits: { requests: { capacity: 100, per: '1m' } }, keys, ...options })

interface Call {
  readonly path?: string
  readonly method?: 'GET' | 'POST'
  readonly body?: string | ReadableStream
  readonly headers?: Record<string, string>
}

const clients: Record<string, (pool: KeyPool, call?: Call) => Promise<number>> = {
  async fetch(pool, { path = '/', body, ...init } = {}) {
    const stream = typeof body === 'object' ? { body, duplex: 'half' as const } : { body }
    const response = await fetchThrough(pool, { origins: [url] })(url + path, { ...init, ...stream } as RequestInit)
    await response.text()
    return response.status
  },
  async undici(pool, { path = '/', body, ...init } = {}) {
    const dispatcher = new Agent().compose(providerInterceptor(pool, { origins: [url] }))
    const response = await request(url + path, { dispatcher, method: 'GET', ...init, body: body as string })
    await response.body.text()
    return response.statusCode
  },
}

describe.each(Object.entries(clients))('%s', (_, client) => {
  test('sends the secret in place of the header of the client, and leaves the other headers', async () => {
    const pool = poolOf({ keys: keys.slice(0, 1) })
    expect(await client(pool, { headers: { Authorization: 'Bearer of the client', 'X-Other': 'kept' } })).toBe(200)
    expect(seen).toEqual(['Bearer sk-a kept'])
  })

  test('tries a call again with other keys when the provider refuses its key, a POST too, and no call fails', async () => {
    revoked = new Set(['Bearer sk-a', 'Bearer sk-b'])
    const pool = poolOf()
    for (let i = 0; i < 6; i++) expect(await client(pool, { method: 'POST', body: '{}' })).toBe(200)
    expect(seen.toSorted()).toEqual(['Bearer sk-a', 'Bearer sk-b', ...Array<string>(6).fill('Bearer sk-c')])
    expect(pool.snapshot()).toMatchObject({ waiting: 0, inFlight: 0 })
  })

  test('passes on a 401 when no other key is left, and then refuses without a call', async () => {
    revoked = new Set(['Bearer sk-a'])
    const pool = poolOf({ keys: keys.slice(0, 1) })
    expect(await client(pool)).toBe(401)
    expect(await client(pool)).toBe(429)
    expect(seen).toHaveLength(1)
  })

  test('asks one other key for a call that is forbidden, passes the 403 on, and keeps all keys', async () => {
    const pool = poolOf()
    for (let i = 0; i < 3; i++) expect(await client(pool, { path: '/forbidden' })).toBe(403)
    expect(seen).toHaveLength(6)
    expect(pool.snapshot().keys.map(({ state }) => state)).toEqual(['active', 'active', 'active'])
  })
})

test('a body that can be sent only once is not tried again, and the 401 is passed on', async () => {
  revoked = new Set(keys.map(({ secret }) => `Bearer ${secret}`))
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{}'))
      controller.close()
    },
  })
  expect(await clients.fetch!(poolOf(), { method: 'POST', body })).toBe(401)
  expect(seen).toHaveLength(1)
})

test('the OpenAI SDK, unmodified, sends with the keys of the pool', async () => {
  revoked = new Set(['Bearer sk-a'])
  const pool = poolOf()
  const client = new OpenAI({ apiKey: 'of the pool', baseURL: url, fetch: fetchThrough(pool, { origins: [url] }) })
  for (let i = 0; i < 4; i++) await client.chat.completions.create({ model: 'm', messages: [] })
  expect(new Set(seen.filter((each) => each !== 'Bearer sk-a'))).toEqual(new Set(['Bearer sk-b', 'Bearer sk-c']))
  expect(seen.filter((each) => each === 'Bearer sk-a').length).toBeLessThanOrEqual(1)
})

test('pools of several processes share the quota of each account over Redis', async () => {
  const redis = await startRedis()
  const client = new Redis(redis.port)
  const runners = [ioredisRunner(client), ioredisRunner(client)]
  const pools = runners.map((runner) =>
    poolOf({
      limits: { requests: { capacity: 4, per: '1m' } },
      // A busy machine must not turn a slow answer into an outage.
      store: redisMirrors(runner, { timeoutMs: 20_000 }),
      queue: { wait: '500ms' },
      keys: [...keys.slice(0, 2).map((key) => ({ ...key, group: 'org' })), keys[2]!],
    }),
  )
  try {
    const ends: (string | undefined)[] = []
    for (let i = 0; i < 12; i++) {
      ends.push(
        await pools[i % 2]!.acquire().then(
          ({ key }) => (key === 'c' ? 'c' : 'org'),
          (error: unknown) => egressRefusalOf(error)?.code,
        ),
      )
    }
    expect(ends.filter((end) => end === 'org')).toHaveLength(4)
    expect(ends.filter((end) => end === 'c')).toHaveLength(4)
    expect(ends.filter((end) => end === 'SLUICE_EGRESS_WAIT')).toHaveLength(4)
  } finally {
    for (const pool of pools) await pool.close()
    for (const runner of runners) await runner.close()
    client.disconnect()
    await redis.stop()
  }
})
