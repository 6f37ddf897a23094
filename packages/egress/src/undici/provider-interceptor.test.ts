import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FakeProvider, startFakeProvider } from '@sluice/test/servers'
import { Agent, type Dispatcher, fetch as undiciFetch, request as undiciRequest } from 'undici'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openaiDialect } from '../dialects/openai.ts'
import type { CallingOptions } from '../fetch/attempts.ts'
import type { ProviderOptions } from '../provider/options.ts'
import { createProvider, type Provider } from '../provider/provider.ts'
import { egressRefusalOf } from '../refusal.ts'
import { providerInterceptor } from './provider-interceptor.ts'

let fakeProvider: FakeProvider

beforeAll(async () => {
  fakeProvider = await startFakeProvider({ requests: 1000, tokens: 1_000_000, windowMs: 60_000 })
})
afterAll(() => fakeProvider[Symbol.asyncDispose]())

const providerOf = (options: Partial<ProviderOptions> = {}): Provider =>
  createProvider({
    name: 'fake-provider',
    limits: { requests: { capacity: 100, per: '1m' }, tokens: { capacity: 1000, per: '1m' } },
    queue: { wait: '100ms' },
    ...options,
  })

function dispatcherOf(provider: Provider, options: Partial<CallingOptions> = {}): Dispatcher {
  const agent = new Agent()
  onTestFinished(() => agent.destroy())
  return agent.compose(providerInterceptor(provider, { origins: [fakeProvider.url], retry: { baseMs: 1 }, ...options }))
}

interface Init {
  readonly body?: object
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal
  readonly path?: string
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  read(): Promise<string>
}

type Client = (dispatcher: Dispatcher, init?: Init) => Promise<Answer>

const optionsOf = ({ body = { max_tokens: 900 }, headers, signal }: Init) => ({
  method: 'POST' as const,
  body: JSON.stringify(body),
  ...(headers ? { headers } : {}),
  ...(signal ? { signal } : {}),
})
const urlOf = ({ path = '/v1/chat/completions' }: Init): string => fakeProvider.url + path

const clients: Readonly<Record<string, Client>> = {
  'undici.request': async (dispatcher, init = {}) => {
    const { statusCode, headers, body } = await undiciRequest(urlOf(init), { dispatcher, ...optionsOf(init) })
    return { status: statusCode, headers, read: () => body.text() }
  },
  'undici.fetch': async (dispatcher, init = {}) => {
    const response = await undiciFetch(urlOf(init), { dispatcher, ...optionsOf(init) })
    return { status: response.status, headers: Object.fromEntries(response.headers), read: () => response.text() }
  },
  'the global fetch': async (dispatcher, init = {}) => {
    const response = await fetch(urlOf(init), { dispatcher, ...optionsOf(init) } as object)
    return { status: response.status, headers: Object.fromEntries(response.headers), read: () => response.text() }
  },
}

/** Whether so many tokens are left. */
const isRoomFor = (provider: Provider, tokens: number) =>
  provider.acquire({ cost: { tokens } }).then(
    (permit) => {
      permit.cancel()
      return true
    },
    () => false,
  )

/** Calls that the fake provider gets meanwhile. */
async function callsDuring(run: () => Promise<unknown>): Promise<number> {
  const before = (await fakeProvider.counts()).calls
  await run()
  return (await fakeProvider.counts()).calls - before
}

describe.each(Object.entries(clients))('%s', (_name, client) => {
  test('gets its answer unchanged, and what it has used is settled, compressed or not', async () => {
    for (const headers of [{ 'accept-encoding': 'gzip' }, { 'accept-encoding': 'identity' }]) {
      const provider = providerOf({ limits: { tokens: { capacity: 1300, per: '1m' } } })
      const answer = await client(dispatcherOf(provider), { headers, body: { max_tokens: 1200 } })
      await answer.read()
      expect(answer.status).toBe(200)
      // The input has 19 letters, which are 5 tokens, and the output 7.
      await expect.poll(() => isRoomFor(provider, 1288)).toBe(true)
      expect(await isRoomFor(provider, 1289)).toBe(false)
      expect(provider.snapshot().inFlight).toBe(0)
    }
  })

  test('gets a stream chunk by chunk, and its usage is settled', async () => {
    const provider = providerOf({ limits: { tokens: { capacity: 1300, per: '1m' } } })
    const answer = await client(dispatcherOf(provider), { body: { max_tokens: 1200, stream: true } })
    expect(await answer.read()).toContain('héllo ')
    await expect.poll(() => isRoomFor(provider, 1250)).toBe(true)
  })

  test('gets a refusal as a 429 with the wait, and nothing is sent', async () => {
    const provider = providerOf()
    await provider.acquire({ cost: { tokens: 900 } })
    const dispatcher = dispatcherOf(provider)
    const calls = await callsDuring(async () => {
      const answer = await client(dispatcher)
      expect([answer.status, answer.headers['x-should-retry']]).toEqual([429, 'false'])
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(50)
      expect(JSON.parse(await answer.read())).toMatchObject({ error: { code: 'SLUICE_EGRESS_WAIT' } })
    })
    expect(calls).toBe(0)
  })

  test('gets a refusal as an error where it is to be thrown, also for a 429 of the provider', async () => {
    const provider = providerOf()
    const permit = await provider.acquire({ cost: { tokens: 900 } })
    const dispatcher = dispatcherOf(provider, { onRefused: 'throw' })
    const refused: unknown = await client(dispatcher).catch((error: unknown) => error)
    expect(egressRefusalOf(refused)).toMatchObject({ code: 'SLUICE_EGRESS_WAIT' })
    permit.cancel()
    const limited: unknown = await client(dispatcher, { body: { fail: 429, max_tokens: 1 } }).catch((error: unknown) => error)
    expect(egressRefusalOf(limited)).toMatchObject({ code: 'SLUICE_EGRESS_LIMITED', retryAfterMs: 1000 })
    expect(provider.snapshot().inFlight).toBe(0)
  })

  test('that is aborted while it waits rejects at once, leaves the queue, and sends nothing', async () => {
    const provider = providerOf({ limits: { requests: { capacity: 100, per: '1m' } }, concurrency: 1, queue: { wait: '1m' } })
    const permit = await provider.acquire()
    const stop = new AbortController()
    const calls = await callsDuring(async () => {
      const waiting = client(dispatcherOf(provider), { body: { max_tokens: 1 }, signal: stop.signal }).catch((error: Error) => error.name)
      await expect.poll(() => provider.snapshot().waiting).toBe(1)
      stop.abort()
      expect(await waiting).toBe('AbortError')
      expect(provider.snapshot().waiting).toBe(0)
      permit.cancel()
      await sleep(20)
    })
    expect(calls).toBe(0)
  })

  test('that is aborted in its stream keeps its estimate and frees its slot', async () => {
    const provider = providerOf()
    const stop = new AbortController()
    const answer = await client(dispatcherOf(provider), { body: { max_tokens: 900, stream: true }, signal: stop.signal })
    stop.abort()
    await answer.read().catch(() => {})
    await expect.poll(() => provider.snapshot().inFlight).toBe(0)
    expect(await isRoomFor(provider, 200)).toBe(false)
  })

  test('is never sent to an origin that is not listed', async () => {
    const dispatcher = dispatcherOf(providerOf(), { origins: ['https://api.openai.com'] })
    const calls = await callsDuring(async () => {
      const error: unknown = await client(dispatcher).catch((thrown: unknown) => thrown)
      const { code, cause } = error as { code?: string; cause?: { code?: string } }
      expect(code ?? cause?.code).toBe('SLUICE_EGRESS_ORIGIN')
    })
    expect(calls).toBe(0)
  })
})

test('a failed request is tried again where it is safe, and the last response is passed on', async () => {
  const attempts = (init: Init, options?: Partial<CallingOptions>, provider: Partial<ProviderOptions> = {}) =>
    callsDuring(async () => {
      const dispatcher = dispatcherOf(providerOf({ limits: { requests: { capacity: 100, per: '1m' } }, ...provider }), options)
      const answer = await clients['undici.request']!(dispatcher, init)
      expect(answer.status).toBe((init.body as { fail: number }).fail)
      expect(await answer.read()).toContain('failed')
    })
  expect(await attempts({ body: { fail: 503 } })).toBe(1)
  expect(await attempts({ body: { fail: 503 } }, { idempotent: () => true })).toBe(3)
  expect(await attempts({ body: { fail: 503 }, headers: { 'idempotency-key': 'a' } })).toBe(3)
  // A provider whose dialect says that nothing was done: after 503, but not after 500.
  expect(await attempts({ body: { fail: 503 } }, {}, { dialect: openaiDialect })).toBe(3)
  expect(await attempts({ body: { fail: 500 } }, {}, { dialect: openaiDialect })).toBe(1)
})

test('a connection that was refused uses nothing', async () => {
  const provider = providerOf()
  const dispatcher = dispatcherOf(provider, { origins: ['http://127.0.0.1:7319'] })
  const call = undiciRequest('http://127.0.0.1:7319/v1', { dispatcher, method: 'POST', body: '{"max_tokens":900}' })
  await expect(call).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  expect(await isRoomFor(provider, 1000)).toBe(true)
})

test('undici is imported for its types alone, so that it need not be installed', () => {
  const folder = new URL('..', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  )
  const lines = files
    .flatMap((name) => readFileSync(new URL(name, folder), 'utf8').split('\n'))
    .filter((line) => /['"]undici['"]/.test(line))
  expect(lines.length).toBeGreaterThan(0)
  for (const line of lines) expect(line).toMatch(/^import type /)
})
