/** The forms of undici beside request and fetch, through the interceptor: stream, pipeline, upgrade and connect. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Agent, connect, type Dispatcher, pipeline, stream, upgrade } from 'undici'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createProvider, type Provider } from '../provider/provider.ts'
import { providerInterceptor } from './provider-interceptor.ts'

const server = createServer((request, response) => {
  request.resume().on('end', () => response.end('{"usage":{"total_tokens":7}}'))
})
server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n'))
server.on('connect', (_, socket) => socket.end('HTTP/1.1 200 Connection Established\r\n\r\n'))
let url: string
let calls = 0
server.on('request', () => {
  calls += 1
})

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

function scene(): { provider: Provider; dispatcher: Dispatcher } {
  const limits = { requests: { capacity: 1, per: '1h' } } as const
  const provider = createProvider({ name: 'llm', limits, queue: { wait: 0 } })
  const agent = new Agent()
  onTestFinished(() => agent.destroy())
  return { provider, dispatcher: agent.compose(providerInterceptor(provider, { origins: [url] })) }
}

const forms: Readonly<Record<string, (dispatcher: Dispatcher) => Promise<number>>> = {
  async stream(dispatcher) {
    let status = 0
    const body = new PassThrough()
    const sent = stream(`${url}/`, { dispatcher, method: 'GET' }, ({ statusCode }) => {
      status = statusCode
      return body
    })
    await Promise.all([text(body), sent])
    return status
  },
  async pipeline(dispatcher) {
    let status = 0
    const through = pipeline(`${url}/`, { dispatcher, method: 'POST' }, ({ statusCode, body }) => {
      status = statusCode
      return body
    })
    await text(Readable.from(['{}']).pipe(through))
    return status
  },
}

test.each(Object.entries(forms))('undici.%s waits for a permit, and its refusal is a 429 that is not sent', async (_, form) => {
  const { provider, dispatcher } = scene()
  const before = calls
  expect(await form(dispatcher)).toBe(200)
  expect(await form(dispatcher)).toBe(429)
  expect(calls - before).toBe(1)
  expect(provider.snapshot().inFlight).toBe(0)
})

test.each([
  ['upgrade', (dispatcher: Dispatcher) => upgrade(`${url}/`, { dispatcher, protocol: 'echo' })],
  ['connect', (dispatcher: Dispatcher) => connect(`${url}/`, { dispatcher })],
] as const)('undici.%s takes a permit, which ends with the head of the response', async (_, form) => {
  const { provider, dispatcher } = scene()
  const { socket } = await form(dispatcher)
  socket.destroy()
  expect(provider.snapshot().inFlight).toBe(0)
  await expect(form(dispatcher)).rejects.toThrow()
})
