import { estimateTokenCount } from 'tokenx'
import { expect, test } from 'vitest'
import { createProvider } from '../provider/provider.ts'
import { estimateTokens } from './estimate.ts'
import { fetchThrough } from './fetch-through.ts'

const headers = new Headers()
const limits = { tokens: 1000, 'input-tokens': 1000, 'output-tokens': 100 }

test('the input counts by its bytes, the output by the maximum that the call names', () => {
  const body = JSON.stringify({ max_tokens: 50, text: 'x'.repeat(320) })
  expect(estimateTokens({ body, headers }, limits)).toEqual({ tokens: 150, 'input-tokens': 100, 'output-tokens': 50 })
})

test('no estimate is above its limit, and limits that are not there are left out', () => {
  expect(estimateTokens({ body: '{}', headers }, { tokens: 10, requests: 5 })).toEqual({ tokens: 10 })
})

test('a stream counts by its length, and a length that is no number counts nothing', () => {
  const input = (length: string) => estimateTokens({ body: undefined, headers: new Headers({ 'content-length': length }) }, limits)
  expect(input('350')['input-tokens']).toBe(100)
  expect(input('long')['input-tokens']).toBe(0)
})

test('tokenx may count in place of the length', () => {
  const body = JSON.stringify({ max_tokens: 50, text: 'a sentence of plain English words '.repeat(10) })
  const { 'input-tokens': input } = estimateTokens({ body, headers }, limits, estimateTokenCount)
  expect(input).toBe(estimateTokenCount(body))
  expect(input).not.toBe(estimateTokens({ body, headers }, limits)['input-tokens'])
})

/** What a call through `fetch` is estimated at, and the body that is sent. */
async function estimateOf(request: Request): Promise<{ cost: number; sent: string }> {
  let sent = ''
  const provider = createProvider({ name: 'llm', limits: { tokens: { capacity: 1_000_000, per: '1h' } } })
  const taken = { cost: 0 }
  const watched = {
    ...provider,
    acquire: (options = {}) => {
      taken.cost = (options as { cost: { tokens: number } }).cost.tokens
      return provider.acquire(options)
    },
  }
  const send: typeof fetch = async (input) => {
    sent = await (input as Request).text()
    return new Response('{}')
  }
  await (await fetchThrough(watched, { origins: ['https://llm.example'], fetch: send })(request)).text()
  return { cost: taken.cost, sent }
}

test('the body of a Request counts by its text, also without a length, and is sent as it is', async () => {
  const body = JSON.stringify({ max_tokens: 50, text: 'x'.repeat(320) })
  const stream = new Blob([body]).stream()
  const whole = new Request('https://llm.example/v1', { method: 'POST', body })
  const streamed = new Request('https://llm.example/v1', { method: 'POST', body: stream, duplex: 'half' } as RequestInit)
  expect(await estimateOf(whole)).toEqual({ cost: 150, sent: body })
  expect(await estimateOf(streamed)).toEqual({ cost: 150, sent: body })
})

test('of a very long Request one MiB is read, and all of it is sent', async () => {
  const chunk = new Uint8Array(1 << 16).fill(120)
  const pulled: number[] = []
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled.push(1)
      if (pulled.length > 64) controller.close()
      else controller.enqueue(chunk)
    },
  })
  const { cost, sent } = await estimateOf(
    new Request('https://llm.example/v1', { method: 'POST', body: stream, duplex: 'half' } as RequestInit),
  )
  expect(cost).toBe(Math.ceil(2 ** 20 / 3.5) + 1000)
  expect(sent).toHaveLength(2 ** 22)
})
