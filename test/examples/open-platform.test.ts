/** The open platform, over real sockets and in real time: each scenario takes one second of its own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Example, startExample } from '../../examples/demo/example.ts'
import { nextSecond } from '../../examples/demo/next-second.ts'

let server: Example

beforeAll(async () => {
  server = await startExample('open-platform')
  await call('warm-up')
}, 60_000)
afterAll(() => server.stop())

interface Answer {
  readonly status: number
  readonly application: string | null
  readonly seller: string | null
  readonly all: Headers
}

async function call(application: string, seller?: string): Promise<Answer> {
  const headers = { 'X-Application': application, ...(seller === undefined ? {} : { 'X-Seller': seller }) }
  const response = await fetch(`${server.url}/v1/orders`, { headers })
  await response.body?.cancel()
  return {
    status: response.status,
    application: response.headers.get('GNCP-GW-RateLimit-Remaining'),
    seller: response.headers.get('GNCP-GW-Quota-Remaining'),
    all: response.headers,
  }
}

describe('the open platform', () => {
  test('refuses the third request of a seller in a second', async () => {
    await nextSecond()
    const answers = [await call('A', 's1'), await call('A', 's1'), await call('A', 's1')]
    expect(answers.map(({ status, application, seller }) => [status, application, seller])).toEqual([
      [200, '3', '1'],
      [200, '2', '0'],
      [429, '2', '0'],
    ])
  })

  test('refuses the fifth request of an application, whichever of its sellers sends it', async () => {
    await nextSecond()
    for (const seller of ['s1', 's1', 's2', 's2']) expect((await call('A', seller)).status).toBe(200)
    const fifth = await call('A', 's3')
    expect(fifth).toMatchObject({ status: 429, application: '0', seller: '2' })
  })

  test('refuses an application that has allowance where the API has none left, and does not say how much that is', async () => {
    await nextSecond()
    for (const application of ['B', 'B', 'B', 'B', 'C', 'C', 'C', 'C', 'D']) expect((await call(application)).status).toBe(200)
    expect((await call('A')).status).toBe(200)
    const refused = await call('A')
    expect(refused).toMatchObject({ status: 429, application: '3' })
    expect([...refused.all].join()).not.toContain('api')
    expect(refused.all.get('RateLimit-Policy')).toBe('"application";q=4;w=1')
  })

  test('gives applications of a larger plan more, and their sellers half of that', async () => {
    await nextSecond()
    const { all } = await call('plus-A', 's1')
    expect(all.get('GNCP-GW-RateLimit-Replenish-Rate')).toBe('6')
    expect(all.get('GNCP-GW-RateLimit-Burst-Capacity')).toBe('6')
    expect([all.get('GNCP-GW-Quota-Period'), all.get('GNCP-GW-Quota-Limit')]).toEqual(['SECONDS', '3'])
  })

  test('serves nobody who does not say who they are', async () => {
    const response = await fetch(`${server.url}/v1/orders`)
    expect(response.status).toBe(401)
  })
})
