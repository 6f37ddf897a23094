/** What the table of clients in the guide says of other methods than GET, and of long waits. */
import axios from 'axios'
import axiosRetry from 'axios-retry'
import got from 'got'
import ky from 'ky'
import { Agent, RetryAgent, request } from 'undici'
import { afterEach, expect, test, vi } from 'vitest'
import { listening } from '../listening.ts'

afterEach(() => vi.restoreAllMocks())

/** A server that refuses everything with one wait, and counts what came. */
async function refusing(retryAfter: number) {
  let requests = 0
  const port = await listening((_request, response) => {
    requests++
    response.writeHead(429, { 'Retry-After': String(retryAfter) }).end()
  })
  return { url: `http://127.0.0.1:${port}`, requests: () => requests }
}

/** Sends a POST and answers its status. */
const posts: Readonly<Record<string, (url: string) => Promise<number | undefined>>> = {
  ky: async (url) => (await ky.post(url, { throwHttpErrors: false })).status,
  got: async (url) => (await got.post(url, { throwHttpErrors: false })).statusCode,
  async undici(url) {
    const dispatcher = new RetryAgent(new Agent())
    const answer = await request(url, { method: 'POST', dispatcher }).catch((error: { statusCode: number }) => error)
    await dispatcher.close()
    return answer.statusCode
  },
  async 'axios-retry'(url) {
    const client = axios.create({ validateStatus: (status) => status < 400 })
    axiosRetry(client)
    return client.post(url).catch((error: { response: { status: number } }) => error.response.status) as Promise<number>
  },
}

test.each(Object.entries(posts))('%s does not repeat a POST', async (_name, post) => {
  const server = await refusing(1)
  expect(await post(server.url)).toBe(429)
  expect(server.requests()).toBe(1)
})

test('undici waits 30 seconds where an hour is wanted', async () => {
  const server = await refusing(3600)
  const dispatcher = new RetryAgent(new Agent())
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const answer = request(server.url, { dispatcher }).catch(() => undefined)
  await expect.poll(() => timers.mock.calls.map(([, delay]) => delay)).toContain(30_000)
  for (const { value } of timers.mock.results) clearTimeout(value as NodeJS.Timeout)
  await dispatcher.destroy()
  void answer
})

test('got comes back at once where the wait is longer than a timer can be', async () => {
  const server = await refusing(25 * 86_400)
  const answer = got.get(server.url, { retry: { limit: 1 }, throwHttpErrors: false })
  expect((await answer).statusCode).toBe(429)
  expect(server.requests()).toBe(2)
})
