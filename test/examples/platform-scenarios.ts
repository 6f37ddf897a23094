/** What the open platform promises, over real sockets and in real time, wherever its buckets live: each scenario has seconds of its own. */
import { setTimeout as sleep } from 'node:timers/promises'
import { quotaOf } from '@sluice/conformance/adapter'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Example, startExample } from '../../examples/demo/example.ts'
import { inOneSecond, inSeconds } from '../../examples/demo/in-seconds.ts'

/** Where the buckets live, and where the policy lies. */
export interface Platform {
  readonly env: Readonly<Record<string, string>>
  /** Puts a policy in place of the present one. */
  publish(policy: object): Promise<unknown>
}

interface Answer {
  readonly status: number
  /** What the application has left, as the response says. */
  readonly application: string | null
  readonly seller: string | null
  readonly all: Headers
}

const numbers = (capacity: number): object => ({
  api: { rule: { tokenBucket: { capacity, per: '1s', mode: 'interval' } } },
})

/** Registers the scenarios. */
export function describePlatform(name: string, platform: Platform): void {
  let server: Example

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

  /** Statuses of calls by these applications, one after the other. */
  async function statuses(applications: string): Promise<number[]> {
    const all: number[] = []
    for (const application of applications) all.push((await call(application)).status)
    return all
  }

  describe(name, () => {
    beforeAll(async () => {
      await platform.publish({ version: '1', limits: numbers(10) })
      server = await startExample('open-platform', platform.env)
      await call('warm-up', 's')
    }, 60_000)
    afterAll(() => server.stop())

    test('refuses the third request of a seller in a second', async () => {
      const answers = await inOneSecond(async () => [await call('A', 's1'), await call('A', 's1'), await call('A', 's1')])
      expect(answers.map(({ status, application, seller }) => [status, application, seller])).toEqual([
        [200, '3', '1'],
        [200, '2', '0'],
        [429, '2', '0'],
      ])
    })

    test('refuses the fifth request of an application, delayed and by whichever seller, although the API has allowance', async () => {
      const [passed, refused, other] = await inOneSecond(async () => {
        const first = [await call('A', 's1'), await call('A', 's2'), await call('A', 's1'), await call('A', 's2')]
        await sleep(300)
        return [first, await call('A', 's3'), await call('B')]
      })
      expect(passed.map(({ status }) => status)).toEqual([200, 200, 200, 200])
      expect(refused).toMatchObject({ status: 429, application: '0', seller: '2' })
      expect(other.status).toBe(200)
    })

    test('refuses an application that has allowance where the API has none left, and does not say how much that is', async () => {
      const [passed, refused] = await inOneSecond(async () => [await statuses('BBBBCCCCDA'), await call('A')])
      expect(passed).toEqual(Array(10).fill(200))
      expect(refused).toMatchObject({ status: 429, application: '3' })
      expect([...refused.all].join()).not.toContain('api')
      expect(quotaOf({ headers: refused.all })).toMatchObject({ application: { q: 4, w: 1, r: 3 } })
      expect(refused.all.get('Retry-After')).toBe('1')
    })

    test('lets two a second be four at once, then none for a second, then four again', async () => {
      const bursts = await inSeconds(3, async (attempt) => {
        const burst: number[] = []
        for (let i = 0; i < 5; i++) burst.push((await call(`burst-${attempt}`)).status)
        return burst
      })
      expect(bursts).toEqual([[200, 200, 200, 200, 429], Array(5).fill(429), [200, 200, 200, 200, 429]])
    })

    test('gives applications of a larger plan more, and their sellers half of that', async () => {
      const { all } = await call('plus-A', 's1')
      const gatewayHeader = (header: string): string | null => all.get(`GNCP-GW-${header}`)
      expect([gatewayHeader('RateLimit-Replenish-Rate'), gatewayHeader('RateLimit-Burst-Capacity')]).toEqual(['6', '6'])
      expect([gatewayHeader('Quota-Period'), gatewayHeader('Quota-Limit')]).toEqual(['SECONDS', '3'])
    })

    test('halves the capacity of the API in flight, and leaves the applications theirs', async () => {
      expect(await inOneSecond(() => statuses('AAABBBCCCDDD'))).toEqual([...Array(10).fill(200), 429, 429])
      await platform.publish({ version: '2', limits: numbers(5) })
      const halved = [...Array(5).fill(200), 429, 429, 429, 429]
      await expect.poll(() => inOneSecond(() => statuses('AAABBBCCC'))).toEqual(halved)
      // A process that remembers that the API refuses knows the layers below it again a quarter of a second later.
      await expect.poll(async () => (await call('A')).all.get('GNCP-GW-RateLimit-Burst-Capacity')).toBe('4')
    })

    test('serves no caller without a name', async () => {
      expect((await fetch(`${server.url}/v1/orders`)).status).toBe(401)
    })
  })
}
