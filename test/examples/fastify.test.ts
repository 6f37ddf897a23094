/** The Fastify example, over real sockets. */
import { describe, expect, test } from 'vitest'
import { startExample } from '../../examples/demo/example.ts'

/** Statuses of requests sent one after the other. */
async function statuses(count: number, send: () => Promise<Response>): Promise<number[]> {
  const all: number[] = []
  for (let i = 0; i < count; i++) {
    const response = await send()
    all.push(response.status)
    await response.body?.cancel()
  }
  return all
}

function login(url: string, account: string, password: string): Promise<Response> {
  return fetch(`${url}/login`, {
    method: 'POST',
    body: JSON.stringify({ account, password }),
    headers: { 'Content-Type': 'application/json' },
  })
}

describe('the Fastify example', () => {
  test('passes ten requests in a row and refuses the next five, and is always healthy', async () => {
    await using server = await startExample('fastify')
    expect(await statuses(15, () => fetch(server.url))).toEqual([...Array(10).fill(200), ...Array(5).fill(429)])
    expect(await statuses(3, () => fetch(`${server.url}/health`))).toEqual([200, 200, 200])
  })

  test('takes five units for a search', async () => {
    await using server = await startExample('fastify')
    expect(await statuses(3, () => fetch(`${server.url}/search`))).toEqual([200, 200, 429])
    const refused = await fetch(`${server.url}/search`)
    expect(refused.headers.get('Retry-After')).toMatch(/^(29|30)$/)
  })

  test('stops an account after five wrong passwords, and no other account', async () => {
    await using server = await startExample('fastify')
    expect(await statuses(2, () => login(server.url, 'ada', 'sesame'))).toEqual([200, 200])
    expect(await statuses(6, () => login(server.url, 'ada', 'guess'))).toEqual([401, 401, 401, 401, 401, 429])
    expect((await login(server.url, 'eve', 'sesame')).status).toBe(200)
  })

  test('counts exports by their own limit alone', async () => {
    await using server = await startExample('fastify')
    const passed = await fetch(`${server.url}/export`)
    expect(passed.headers.get('RateLimit-Policy')).toBe('"exports";q=1;w=1')
    const refused = await fetch(`${server.url}/export`)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after-ms'))).toBeLessThanOrEqual(1000)
    expect(Number(refused.headers.get('X-RateLimit-Reset'))).toBeGreaterThan(1_700_000_000)
  })
})
