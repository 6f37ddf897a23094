/** The example of each framework, over real sockets: all of them keep the same limits. */
import { readdirSync, readFileSync } from 'node:fs'
import { quotaOf } from '@sluice/conformance/adapter'
import { describe, expect, test, vi } from 'vitest'
import { startExample } from '../../examples/demo/example.ts'
import { inOneSecond } from '../../examples/demo/in-seconds.ts'
import { hostileLogins } from './hostile-logins.ts'

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

const folder = new URL('../../examples/', import.meta.url)
const examples = readdirSync(folder).filter((name) => name.endsWith('.ts'))

test.each(examples)('%s is read in a minute: it has less than 60 lines', (name) => {
  expect(readFileSync(new URL(name, folder), 'utf8').split('\n').length).toBeLessThan(61)
})

// Each test starts a process of its own, so that no other has spent its budget.
vi.setConfig({ testTimeout: 60_000 })

describe.each(['fastify', 'express', 'hono', 'nestjs'])('the example of %s', (name) => {
  test('takes one unit for a request, five for a search, and none for its health', async () => {
    await using server = await startExample(name)
    expect(await statuses(1, () => fetch(`${server.url}/search`))).toEqual([200])
    expect(await statuses(10, () => fetch(server.url))).toEqual([...Array(5).fill(200), ...Array(5).fill(429)])
    expect((await fetch(server.url)).headers.get('Retry-After')).toMatch(/^[56]$/)
    expect((await fetch(`${server.url}/search`)).headers.get('Retry-After')).toMatch(/^(29|30)$/)
    expect(await statuses(3, () => fetch(`${server.url}/health`))).toEqual([200, 200, 200])
  })

  test('stops an account after five wrong passwords and no other, and counts exports by their own limit', async () => {
    await using server = await startExample(name)
    expect(await statuses(2, () => login(server.url, 'ada', 'sesame'))).toEqual([200, 200])
    expect(await statuses(6, () => login(server.url, 'ada', 'guess'))).toEqual([401, 401, 401, 401, 401, 429])
    expect((await login(server.url, 'eve', 'sesame')).status).toBe(200)

    const [passed, refused] = await inOneSecond(async () => [await fetch(`${server.url}/export`), await fetch(`${server.url}/export`)])
    expect(quotaOf(passed)).toEqual({ exports: { q: 1, w: 1, r: 0, t: 1 } })
    expect(refused.status).toBe(429)
    expect(quotaOf(refused)).toEqual({ exports: { q: 1, w: 1, r: 0, t: 1 } })
    expect(Number(refused.headers.get('retry-after-ms'))).toBeLessThanOrEqual(1000)
    expect(Number(refused.headers.get('X-RateLimit-Reset'))).toBeGreaterThan(1_700_000_000)
  })

  test('neither fails nor stops counting for any body of a login', async () => {
    await using server = await startExample(name)
    const seen = await hostileLogins(server.url)
    expect(seen.filter((status) => status < 400 || status >= 500)).toEqual([])
    expect(seen).toContain(429)
  })
})

test('the example of operators shows its page to ann alone', async () => {
  await using server = await startExample('operators')
  const ask = (who: string): Promise<Response> =>
    fetch(`${server.url}/operators`, { headers: { authorization: `Basic ${Buffer.from(who).toString('base64')}` } })
  const [page, wrong, nobody] = [await ask('ann:sesame'), await ask('ann:guess'), await fetch(`${server.url}/operators`)]
  expect([page.status, wrong.status, nobody.status, nobody.headers.get('www-authenticate')]).toEqual([
    200,
    401,
    401,
    'Basic realm="operators"',
  ])
  expect(await page.text()).toContain('Limits now')
})
