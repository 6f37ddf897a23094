import Anthropic from '@anthropic-ai/sdk'
import { type FakeProvider, startFakeProvider } from '@sluice/test/servers'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProvider, type Provider } from '../provider/provider.ts'
import { egressRefusalOf } from '../refusal.ts'
import { type FetchOptions, fetchThrough } from './fetch-through.ts'

let fakeProvider: FakeProvider

beforeAll(async () => {
  fakeProvider = await startFakeProvider({ requests: 1000, tokens: 1_000_000, windowMs: 60_000 })
})
afterAll(() => fakeProvider[Symbol.asyncDispose]())

/** Room for one call of 500 tokens and little more, until it is settled. */
const providerOf = (tokens: number = 1000): Provider =>
  createProvider({
    name: 'fake-provider',
    limits: { requests: { capacity: 100, per: '1m' }, tokens: { capacity: tokens, per: '1m' } },
    queue: { wait: '100ms' },
  })

const through = (provider: Provider, options: Partial<FetchOptions> = {}) =>
  fetchThrough(provider, { origins: [fakeProvider.url], retry: { baseMs: 1 }, ...options })

const openaiOf = (provider: Provider, options?: Partial<FetchOptions>): OpenAI =>
  new OpenAI({ apiKey: 'key', baseURL: `${fakeProvider.url}/v1`, fetch: through(provider, options) })

const messages = [{ role: 'user' as const, content: 'hello' }]

/** Whether so many tokens are left. */
const isRoomFor = (provider: Provider, tokens: number) =>
  provider.acquire({ cost: { tokens } }).then(
    (permit) => {
      permit.cancel()
      return true
    },
    () => false,
  )

test('the OpenAI SDK, unmodified: an answer settles what it has used', async () => {
  const provider = providerOf()
  const answer = await openaiOf(provider).chat.completions.create({ model: 'm', messages, max_tokens: 900 })
  const used = answer.usage!.total_tokens
  expect(answer.choices[0]?.message.content).toBe('hello')
  expect(await isRoomFor(provider, 1000 - used)).toBe(true)
  expect(await isRoomFor(provider, 1001 - used)).toBe(false)
  expect(provider.snapshot().inFlight).toBe(0)
})

test('the OpenAI SDK, streaming: usage in the last chunk is settled, and nothing is lost of the text', async () => {
  const provider = providerOf()
  const stream = await openaiOf(provider).chat.completions.create({ model: 'm', messages, max_tokens: 900, stream: true })
  let text = ''
  let used = 0
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    used = chunk.usage?.total_tokens ?? used
  }
  expect(text).toBe('héllo '.repeat(5))
  expect(await isRoomFor(provider, 1000 - used)).toBe(true)
  expect(await isRoomFor(provider, 1001 - used)).toBe(false)
})

test('the Anthropic SDK, unmodified: answers and streams settle what they have used', async () => {
  const provider = providerOf()
  const client = new Anthropic({ apiKey: 'key', baseURL: fakeProvider.url, fetch: through(provider) })
  const answer = await client.messages.create({ model: 'm', messages, max_tokens: 800 })
  const first = answer.usage.input_tokens + answer.usage.output_tokens
  const stream = client.messages.stream({ model: 'm', messages, max_tokens: 800 })
  const second = (await stream.finalMessage()).usage
  const used = first + second.input_tokens + second.output_tokens
  expect(await stream.finalText()).toBe('héllo '.repeat(5))
  expect(await isRoomFor(provider, 1000 - used)).toBe(true)
  expect(await isRoomFor(provider, 1001 - used)).toBe(false)
})

test('a stream that is aborted keeps its estimate and frees its slot', async () => {
  const provider = providerOf()
  const stream = await openaiOf(provider).chat.completions.create({ model: 'm', messages, max_tokens: 900, stream: true })
  for await (const _ of stream) break
  await expect.poll(() => provider.snapshot().inFlight).toBe(0)
  expect(await isRoomFor(provider, 200)).toBe(false)
})

test('a refusal is one call to our fetch and none to the provider, and the SDK tells the wait', async () => {
  const provider = providerOf()
  let calls = 0
  const fetch = through(provider)
  const client = new OpenAI({
    apiKey: 'key',
    baseURL: `${fakeProvider.url}/v1`,
    fetch: (...args) => {
      calls += 1
      return fetch(...args)
    },
  })
  const before = (await fakeProvider.counts()).calls
  const permit = await provider.acquire({ cost: { tokens: 900 } })
  const error = await client.chat.completions.create({ model: 'm', messages, max_tokens: 500 }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(OpenAI.RateLimitError)
  const { headers, status } = error as InstanceType<typeof OpenAI.RateLimitError>
  expect(status).toBe(429)
  expect(Number(headers?.get('retry-after'))).toBeGreaterThan(50)
  expect(calls).toBe(1)
  expect((await fakeProvider.counts()).calls).toBe(before)
  permit.cancel()
})

test('a refusal that is thrown is found in what the SDK throws, and shows no key', async () => {
  const provider = providerOf()
  await provider.acquire({ cost: { tokens: 900 } })
  const client = new OpenAI({
    apiKey: 'key-of-mine',
    baseURL: `${fakeProvider.url}/v1`,
    maxRetries: 0,
    fetch: through(provider, { onRefused: 'throw' }),
  })
  const error = await client.chat.completions.create({ model: 'm', messages, max_tokens: 500 }).catch((thrown: unknown) => thrown)
  const refusal = egressRefusalOf(error)
  expect(refusal?.code).toBe('SLUICE_EGRESS_WAIT')
  expect(JSON.stringify([refusal, refusal?.message, refusal?.stack])).not.toContain('key-of-mine')
})

test('a 429 of the provider that is not tried again is a refusal in what the SDK throws', async () => {
  await using full = await startFakeProvider({ requests: 1, tokens: 10_000, windowMs: 60_000 })
  const fetch = fetchThrough(providerOf(), { origins: [full.url] })
  const client = new OpenAI({ apiKey: 'key', baseURL: `${full.url}/v1`, maxRetries: 0, fetch })
  const call = () => client.chat.completions.create({ model: 'm', messages, max_tokens: 10 }).catch((thrown: unknown) => thrown)
  await call()
  expect(egressRefusalOf(await call())).toMatchObject({ code: 'SLUICE_EGRESS_LIMITED', retryAfterMs: 300, scope: 'provider', status: 429 })
})

test('no redirect is followed, and nothing is sent to an origin that is not listed', async () => {
  const provider = providerOf()
  const fetch = through(provider)
  const response = await fetch(`${fakeProvider.url}/redirect`, { headers: { 'x-api-key': 'key' } })
  expect(response.status).toBe(307)
  await expect(fetch('http://127.0.0.1:1/v1', { headers: { 'x-api-key': 'key' } })).rejects.toThrow('SLUICE_EGRESS_ORIGIN')
  expect(() => fetchThrough(provider, { origins: ['https://api.openai.com/v1'] })).toThrow('SLUICE_OPTION_TYPE')
})

test('a failed call is tried again where it is safe, at most three times, and a POST only where it is declared safe', async () => {
  const body = JSON.stringify({ fail: 503, max_tokens: 10 })
  const post = { method: 'POST', body }
  const calls = async (options: Partial<FetchOptions>, init: RequestInit): Promise<number> => {
    const before = (await fakeProvider.counts()).calls
    const response = await through(providerOf(100_000), options)(`${fakeProvider.url}/v1`, init)
    expect(response.status).toBe(503)
    await response.text()
    return (await fakeProvider.counts()).calls - before
  }
  expect(await calls({}, post)).toBe(1)
  expect(await calls({ idempotent: () => true }, post)).toBe(3)
  expect(await calls({}, { ...post, headers: { 'idempotency-key': 'a' } })).toBe(3)
  expect(await calls({ retry: { attempts: 2, baseMs: 1 } }, { ...post, method: 'PUT' })).toBe(2)
})

test('a connection that was refused uses nothing', async () => {
  const provider = providerOf()
  const fetch = fetchThrough(provider, { origins: ['http://127.0.0.1:7319'] })
  await expect(fetch('http://127.0.0.1:7319/v1', { method: 'POST', body: '{"max_tokens":900}' })).rejects.toThrow()
  expect(await isRoomFor(provider, 1000)).toBe(true)
})
