/** The process of a fake provider: `fake-provider-process.ts <options as JSON>`, started with a channel, on which it says its port. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Arrival, FakeProviderOptions } from './fake-provider.ts'

/** Output of every call that does not ask for less. */
const outputTokens = 7

/** One limit over a sliding window, of calls in the order of their arrival. */
function slidingWindow(capacity: number, windowMs: number) {
  let calls: { readonly atMs: number; units: number }[] = []
  return {
    isRoomFor(units: number, nowMs: number): boolean {
      calls = calls.filter(({ atMs }) => atMs > nowMs - windowMs)
      return calls.reduce((sum, call) => sum + call.units, units) <= capacity
    },
    count(units: number, nowMs: number): (actual: number) => void {
      const call = { atMs: nowMs, units }
      calls.push(call)
      return (actual) => {
        call.units = actual
      }
    },
    clear() {
      calls = []
    },
  }
}

function serve({ requests, tokens, windowMs, latencyMs = 20 }: FakeProviderOptions): void {
  const requestWindow = slidingWindow(requests, windowMs)
  const tokenWindow = slidingWindow(tokens, windowMs)
  const startMs = performance.now()
  const counts = { calls: 0, limited: 0, served: 0, arrivals: [] as Arrival[] }

  function reset(): void {
    requestWindow.clear()
    tokenWindow.clear()
    Object.assign(counts, { calls: 0, limited: 0, served: 0, arrivals: [] })
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/reset') reset()
    if (request.url === '/counts' || request.url === '/reset') {
      response.end(JSON.stringify(counts))
      return
    }
    const nowMs = performance.now()
    const booked = request.headers['x-booked-us']
    const transitMs = booked === undefined ? undefined : Number(process.hrtime.bigint() / 1000n - BigInt(String(booked))) / 1000
    counts.calls += 1
    if (request.url === '/redirect') {
      response.writeHead(307, { location: 'http://127.0.0.1:1/stolen' }).end()
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const body = JSON.parse(text || '{}') as { stream?: boolean; max_tokens?: number; fail?: number }
    const input = Math.ceil(text.length / 4)
    const units = input + (body.max_tokens ?? 100)
    const served = requestWindow.isRoomFor(1, nowMs) && tokenWindow.isRoomFor(units, nowMs)
    counts.arrivals.push({ atMs: nowMs - startMs, served, transitMs })
    // A refused call counts as a request.
    requestWindow.count(1, nowMs)
    if (!served) {
      counts.limited += 1
      response.writeHead(429, { 'retry-after-ms': '300', 'content-type': 'application/json' }).end('{"error":{"message":"too many"}}')
      return
    }
    const settle = tokenWindow.count(units, nowMs)
    counts.served += 1
    await new Promise((resolve) => setTimeout(resolve, latencyMs))
    if (body.fail !== undefined) {
      response.writeHead(body.fail, { 'content-type': 'application/json' }).end('{"error":{"message":"failed"}}')
      return
    }
    settle(input + outputTokens)
    const anthropic = request.url?.includes('messages') === true
    if (body.stream === true) await stream(response, anthropic, input)
    else answerJson(request, response, anthropic ? message(input) : completion(input))
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  // The usual 5 s end connections that a busy client is about to use again.
  server.keepAliveTimeout = 120_000
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  process.on('disconnect', () => process.exit())
}

/** Compressed where the client reads gzip, as providers do. */
function answerJson(request: IncomingMessage, response: ServerResponse, body: unknown): void {
  const text = JSON.stringify(body)
  const zipped = String(request.headers['accept-encoding'] ?? '').includes('gzip')
  response.writeHead(200, { 'content-type': 'application/json', ...(zipped ? { 'content-encoding': 'gzip' } : {}) })
  response.end(zipped ? gzipSync(text) : text)
}

const completion = (input: number) => ({
  id: 'c',
  object: 'chat.completion',
  created: 0,
  model: 'fake-provider',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: input, completion_tokens: outputTokens, total_tokens: input + outputTokens },
})

const message = (input: number) => ({
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'fake-provider',
  content: [{ type: 'text', text: 'hello' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: input, output_tokens: outputTokens },
})

async function stream(response: ServerResponse, anthropic: boolean, input: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const delta = { index: 0, delta: { content: 'héllo ' }, finish_reason: null }
  const chunk = { id: 'c', object: 'chat.completion.chunk', created: 0, model: 'fake-provider', choices: [delta] }
  const events: readonly (readonly [string, unknown])[] = anthropic
    ? [
        ['message_start', { message: { ...message(input), content: [], usage: { input_tokens: input, output_tokens: 1 } } }],
        ['content_block_start', { index: 0, content_block: { type: 'text', text: '' } }],
        ...Array.from({ length: 5 }, () => ['content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'héllo ' } }] as const),
        ['content_block_stop', { index: 0 }],
        ['message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: outputTokens } }],
        ['message_stop', {}],
      ]
    : [...Array.from({ length: 5 }, () => ['', chunk] as const), ['', { ...chunk, choices: [], usage: completion(input).usage }]]
  for (const [type, data] of events) {
    const text = JSON.stringify(type === '' ? data : { type, ...(data as object) })
    const bytes = Buffer.from(`${type === '' ? '' : `event: ${type}\n`}data: ${text}\n\n`)
    // Cut in the middle, also of letters of two bytes.
    response.write(bytes.subarray(0, bytes.length >> 1))
    await new Promise((resolve) => setTimeout(resolve, 5))
    response.write(bytes.subarray(bytes.length >> 1))
  }
  response.end(anthropic ? '' : 'data: [DONE]\n\n')
}

serve(JSON.parse(process.argv[2]!) as FakeProviderOptions)
