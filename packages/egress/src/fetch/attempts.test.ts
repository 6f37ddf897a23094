/** What calls through `fetch` do with failures, aborts and budgets. The provider is a function. */
import { inspect } from 'node:util'
import { createLimiter, tokenBucket } from '@sluice/core'
import { expect, test } from 'vitest'
import type { ProviderOptions } from '../provider/options.ts'
import { createProvider, type Provider } from '../provider/provider.ts'
import { egressRefusalOf } from '../refusal.ts'
import { type FetchOptions, fetchThrough } from './fetch-through.ts'

const url = 'https://llm.example/v1'
const usage = { prompt_tokens: 3, completion_tokens: 7 }
const answer = (status: number = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify({ usage }), { status, headers: { 'content-type': 'application/json', ...headers } })

const providerOf = (options: Partial<ProviderOptions> = {}): Provider =>
  createProvider({ name: 'llm', limits: { requests: { capacity: 1000, per: '1m' } }, ...options })

const through = (provider: Provider, send: (attempt: number) => Promise<Response>, options: Partial<FetchOptions> = {}): typeof fetch => {
  let attempts = 0
  return fetchThrough(provider, {
    origins: ['https://llm.example'],
    onRefused: 'throw',
    retry: { baseMs: 1 },
    fetch: () => send(++attempts),
    ...options,
  })
}

const codeOf = (call: Promise<Response>): Promise<unknown> =>
  call.then(
    async (response) => {
      await response.text()
      return response.status
    },
    (error: unknown) => egressRefusalOf(error)?.code ?? (error as Error).message,
  )

test('refusals of our own queue, and calls that were aborted, do not make a provider look as if it failed', async () => {
  const provider = providerOf({ limits: { requests: { capacity: 30, per: '1m' } }, queue: { wait: 0 } })
  const call = through(provider, async () => answer())
  const ends = await Promise.all(Array.from({ length: 200 }, () => codeOf(call(url))))
  expect(new Set(ends)).toEqual(new Set([200, 'SLUICE_EGRESS_WAIT']))
  const stops: AbortController[] = []
  const aborted = through(providerOf(), async (attempt) => {
    stops[attempt - 1]!.abort()
    throw new Error('aborted')
  })
  for (let i = 0; i < 50; i++) {
    stops[i] = new AbortController()
    expect(await codeOf(aborted(url, { signal: stops[i]!.signal }))).toBe('aborted')
  }
})

test('calls to a provider that fails are mostly not sent, with a wait and a code of their own', async () => {
  let sent = 0
  const call = through(providerOf(), async () => {
    sent += 1
    return answer(529)
  })
  const ends = []
  for (let i = 0; i < 300; i++) ends.push(await codeOf(call(url, { method: 'POST' })))
  expect(new Set(ends)).toEqual(new Set([529, 'SLUICE_EGRESS_OVERLOADED']))
  expect(sent).toBeLessThan(100)
})

test('no error, warning or event tells what the request carried', async () => {
  const key = 'sk-secret-of-the-test'
  const seen: unknown[] = []
  const provider = providerOf({ limits: { requests: { capacity: 2, per: '1m' } }, queue: { wait: 0 } })
  provider.observe((event) => void seen.push(event))
  const init = { method: 'POST', headers: { Authorization: `Bearer ${key}`, 'x-api-key': key }, body: JSON.stringify({ prompt: key }) }
  const call = through(provider, async () => answer(429, { 'retry-after': '120' }))
  for (const target of [url, `${url}?key=${key}`, `https://elsewhere.example/${key}`]) {
    seen.push(
      await call(target, init).then(
        ({ status, headers }) => [status, [...headers]],
        (error: unknown) => error,
      ),
    )
  }
  expect(seen.filter((each) => each instanceof Error)).not.toEqual([])
  expect(inspect(seen, { depth: 20, showHidden: true })).not.toContain(key)
})

function budgetOf(capacity: number) {
  const limiter = createLimiter<string>({
    limits: [{ name: 'micro-dollars', by: (user) => user, rule: tokenBucket({ capacity, per: '1d' }) }],
  })
  const used = async (): Promise<number> => capacity - ((await limiter.inspect('micro-dollars', 'ada'))?.remaining ?? capacity)
  return { limiter, used }
}

test('the money of a call is settled with the attempt that was answered, and a refused attempt costs nothing', async () => {
  const { limiter, used } = budgetOf(1_000_000)
  const provider = providerOf({
    limits: { 'input-tokens': { capacity: 10_000, per: '1m' }, 'output-tokens': { capacity: 10_000, per: '1m' } },
    budget: {
      limiter,
      cost: ({ 'input-tokens': input = 0, 'output-tokens': output = 0 }) => ({ 'micro-dollars': 3 * input + 15 * output }),
    },
  })
  const reserved: number[] = []
  const send = async (attempt: number): Promise<Response> => {
    reserved.push(await used())
    return answer(attempt === 1 ? 503 : 200)
  }
  const call = through(provider, send, { estimate: () => ({ caller: 'ada' }) })
  expect(await codeOf(call(url, { method: 'PUT', body: JSON.stringify({ max_tokens: 100 }) }))).toBe(200)
  // The body has 18 bytes, which are 6 tokens.
  expect(reserved).toEqual([3 * 6 + 15 * 100, 3 * 6 + 15 * 100])
  await expect.poll(used).toBe(3 * 3 + 15 * 7)
})

test('a call that is aborted between two attempts rejects with the reason of its signal', async () => {
  const stop = new AbortController()
  const call = through(providerOf(), async () => {
    setTimeout(() => stop.abort(new Error('of the caller')), 5)
    return answer(503, { 'retry-after': '50' })
  })
  expect(await codeOf(call(url, { signal: stop.signal }))).toBe('of the caller')
})

test('no retry comes before Retry-After, which also holds back every other call', async () => {
  const sentMs: number[] = []
  const provider = providerOf()
  const call = through(provider, async (attempt) => {
    sentMs.push(performance.now())
    return answer(attempt === 1 ? 429 : 200, attempt === 1 ? { 'retry-after-ms': '200' } : {})
  })
  const first = codeOf(call(url))
  await expect.poll(() => sentMs.length).toBe(1)
  expect(await Promise.all([first, codeOf(call(url))])).toEqual([200, 200])
  expect(Math.min(...sentMs.slice(1)) - sentMs[0]!).toBeGreaterThanOrEqual(199)
})

test.each([
  ['its budget for retries is used up', async (call: () => Promise<unknown>) => void (await Promise.all([1, 2, 3].map(call)))],
  ['nothing was refused', async () => {}],
] as const)('a failed call is tried again unless too many calls fail: %s', async (what, before) => {
  let sent = 0
  const call = through(providerOf(), async () => {
    sent += 1
    return answer(503)
  })
  await before(() => codeOf(call(url)))
  sent = 0
  await codeOf(call(url))
  expect(sent).toBe(what === 'nothing was refused' ? 3 : 1)
})

test('a refusal of a full provider comes within 10 ms', async () => {
  const provider = providerOf({ limits: { requests: { capacity: 1, per: '1h' } }, queue: { depth: 0, wait: 0 } })
  const call = through(provider, async () => answer())
  await codeOf(call(url))
  const tookMs: number[] = []
  for (let i = 0; i < 51; i++) {
    const startMs = performance.now()
    expect(await codeOf(call(url))).toBe('SLUICE_EGRESS_WAIT')
    tookMs.push(performance.now() - startMs)
  }
  expect(tookMs.sort((a, b) => a - b)[25]).toBeLessThan(10)
})

test('embeddings, which count no output, are settled with what they count', async () => {
  const provider = providerOf({ limits: { tokens: { capacity: 2000, per: '1h' } }, queue: { wait: 0 } })
  const send = async () => Response.json({ usage: { prompt_tokens: 8, total_tokens: 8 } })
  expect(await codeOf(through(provider, send)(url, { method: 'POST', body: '{}' }))).toBe(200)
  await provider.acquire({ cost: { tokens: 1992 } })
})
