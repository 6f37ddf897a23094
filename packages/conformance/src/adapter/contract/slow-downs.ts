/** Limits that slow down: a request waits before its handler, and its place is free as soon as its client has gone. */
import { concurrency, type DelayEvent, type LimiterEvent, tokenBucket } from '@sluice/core'
import type { HttpLimit, HttpOptions } from '@sluice/http'
import { expect } from 'vitest'
import type { Site, SiteRoute } from '../adapter-under-test.ts'
import { quotaOf } from '../quota-fields.ts'
import { getRequest } from '../raw-connection.ts'
import { eventually, type OpenSite, statusesOf, type Trial } from '../trial.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const slow: HttpLimit = { name: 'ip', rule, slowDown: { after: 2, delay: '20ms' } }
const endless: HttpLimit = { name: 'ip', by: () => 'all', rule, slowDown: { after: 0, delay: '10m', max: '10m' } }
const slots: HttpLimit = { name: 'slots', by: () => 'all', rule: concurrency({ capacity: 5 }) }

export function slowDownsContract({ open, describe, test }: Trial): void {
  interface SlowSite extends OpenSite {
    /** The events of its delays so far. */
    readonly delays: readonly DelayEvent[]
    /** What handlers were told, in the order in which they were called. */
    readonly handled: readonly number[]
    /** Asks, and answers when the request waits or is refused. */
    waiting(): Promise<Awaited<ReturnType<OpenSite['connect']>>>
  }

  async function openSlow(guard: HttpOptions<unknown>, site: Omit<Site, 'guard'> = {}): Promise<SlowSite> {
    const delays: DelayEvent[] = []
    const handled: number[] = []
    const handle: SiteRoute['handle'] = ({ sluice }) => {
      handled.push(sluice.delayMs)
      return {}
    }
    const observe = (event: LimiterEvent): void => void (event.type === 'delay' && delays.push(event))
    const opened = await open({ observe, ...guard }, { routes: [{ path: '/', handle }], ...site })
    const waiting = async () => {
      const before = delays.length
      const client = await opened.connect()
      client.write(getRequest('/'))
      await eventually(async () => expect(delays).toHaveLength(before + 1))
      return client
    }
    return { ...opened, delays, handled, waiting }
  }

  describe('a limit that slows down', () => {
    test('lets pipelined requests wait before their handlers, one longer than the other, and charges each once', async () => {
      const site = await openSlow({ limits: [slow] })
      const replies = await site.pipeline(['/', '/', '/', '/'])
      expect(statusesOf(replies)).toEqual([200, 200, 200, 200])
      expect(replies.map((reply) => quotaOf(reply).ip?.r)).toEqual([9, 8, 7, 6])
      expect(site.handled).toEqual([0, 0, 20, 40])
      expect(site.delays.map(({ limit, delayMs, refused, http }) => [limit, delayMs, refused, http.method, http.address])).toEqual([
        ['ip', 20, false, 'GET', '127.0.0.1'],
        ['ip', 40, false, 'GET', '127.0.0.1'],
      ])
    })

    test('lets HEAD wait as GET', async () => {
      const site = await openSlow({ limits: [slow] })
      for (let i = 0; i < 3; i++) expect(await site.ask({ path: '/', method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
      expect(site.delays).toHaveLength(1)
    })

    test('lets a request wait once, however many guards it passes', async () => {
      const sections = [{ prefix: '/inner', guard: { limits: [slots] }, routes: [{ path: '/' }] }]
      const site = await openSlow({ limits: [slow] }, { sections })
      expect(statusesOf(await site.askTimes(4, '/inner/'))).toEqual([200, 200, 200, 200])
      expect(site.delays.map(({ delayMs }) => delayMs)).toEqual([20, 40])
      expect(await site.remaining('ip', '127.0.0.1', 10)).toBe(6)
    })

    test('frees the place and the slot of a client that leaves, and calls no handler', async () => {
      const site = await openSlow({ limits: [endless, slots], maxWaiting: 1 })
      for (let i = 0; i < 3; i++) {
        const client = await site.waiting()
        expect(await site.remaining('slots', 'all', 5)).toBe(4)
        await client.hangUp()
        await eventually(async () => expect(await site.remaining('slots', 'all', 5)).toBe(5))
      }
      expect(site.delays.map(({ refused }) => refused)).toEqual([false, false, false])
      expect(site.handled).toEqual([])
    })

    test('refuses one more than may wait, with a wait that is true, and charges it nothing', async () => {
      const site = await openSlow({ limits: [endless], maxWaiting: 1 })
      const client = await site.waiting()
      const refused = await site.ask('/')
      expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '600', 'cache-control': 'no-store' } })
      expect(JSON.parse(refused.body)).toMatchObject({ outcome: 'limited', retry_after: 600, 'violated-policies': ['ip'] })
      expect([quotaOf(refused).ip?.r, await site.remaining('ip', 'all', 10)]).toEqual([9, 9])
      expect(site.delays.map((event) => event.refused)).toEqual([false, true])
      await client.hangUp()
    })

    test('ends its waits when the guard closes', async () => {
      const site = await openSlow({ limits: [endless] })
      const client = await site.waiting()
      await site.admin.close()
      expect(statusesOf(await client.replies(['GET']))).toEqual([200])
      await client.hangUp()
    })
  })
}
