/** Limits on what happens at the same time: a slot is held until the response has ended, however it ends. */
import { type ConcurrencyRule, concurrency, tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { expect } from 'vitest'
import type { SiteRoute } from '../adapter-under-test.ts'
import { quotaOf } from '../quota-fields.ts'
import { getRequest } from '../raw-connection.ts'
import { eventually, type OpenSite, statusesOf, type Trial } from '../trial.ts'
import { waitingRoom } from '../waiting-room.ts'

const rule: ConcurrencyRule = concurrency({ capacity: 2, lease: '30s' })
const slots: HttpLimit = { name: 'slots', by: () => 'all', rule }

export function slotsContract({ open, describe, test }: Trial): void {
  const isFree = (site: OpenSite): Promise<void> =>
    eventually(async () => expect((await site.admin.inspect('slots', 'all'))?.remaining ?? 2).toBe(2))

  describe('a limit on concurrency', () => {
    test('refuses what comes while its slots are held, tells no time, and lets it in afterwards', async () => {
      const room = waitingRoom()
      const site = await open({ limits: [slots] }, { routes: [room.route] })
      const held = site.askAtOnce(2, '/')
      await eventually(async () => expect(room.here()).toBe(2))
      const refused = await site.ask('/')
      expect(refused.status).toBe(429)
      expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      expect(quotaOf(refused)).toEqual({ slots: { q: 2, qu: 'concurrent-requests', r: 0 } })
      room.open()
      expect(statusesOf(await held)).toEqual([200, 200])
      await isFree(site)
      expect((await site.ask('/')).status).toBe(200)
    })

    test('refuses with 503 where that is what it says', async () => {
      const room = waitingRoom()
      const site = await open({ limits: [{ ...slots, status: 503 }] }, { routes: [room.route] })
      const held = site.askAtOnce(2, '/')
      await eventually(async () => expect(room.here()).toBe(2))
      expect((await site.ask('/')).status).toBe(503)
      room.open()
      await held
    })

    test('takes one slot, whatever the request costs', async () => {
      const room = waitingRoom()
      const ip: HttpLimit = { name: 'ip', rule: tokenBucket({ capacity: 100, per: '1h' }) }
      const site = await open({ limits: [ip, slots], cost: 7 }, { routes: [room.route] })
      const held = site.askAtOnce(2, '/')
      await eventually(async () => expect(room.here()).toBe(2))
      expect((await site.ask('/')).status).toBe(429)
      room.open()
      expect(statusesOf(await held)).toEqual([200, 200])
      expect(await site.remaining('ip', '127.0.0.1', 100)).toBe(86)
    })

    test.each<[string, SiteRoute['handle'], number]>([
      ['has failed', () => Promise.reject(new Error('a bug')), 500],
      ['was answered', () => ({}), 200],
      ['was told how much it used', async ({ sluice }) => ({ body: JSON.stringify((await sluice.settle(5)) ?? null) }), 200],
      ['was given back', async ({ sluice }) => ({ body: JSON.stringify((await sluice.refund()) ?? null) }), 200],
    ])('is free again after a request that %s', async (_what, handle, status) => {
      const site = await open({ limits: [slots] }, { routes: [{ path: '/', handle }] })
      for (let i = 0; i < 3; i++) {
        expect((await site.ask('/')).status).toBe(status)
        await isFree(site)
      }
    })

    test('is free again after a request that another limit has refused', async () => {
      const empty: HttpLimit = { name: 'empty', by: () => 'all', rule: tokenBucket({ capacity: 1, per: '1h' }), initial: 0 }
      const sections = [{ prefix: '/inner', guard: { limits: [empty] }, routes: [{ path: '/' }] }]
      const site = await open({ limits: [slots] }, { sections })
      expect(statusesOf(await site.askTimes(3, '/inner/'))).toEqual([429, 429, 429])
      await isFree(site)
    })

    test('is free again when the client hangs up, with one request in flight or with two in a pipeline', async () => {
      for (const requests of [1, 2]) {
        const room = waitingRoom()
        const site = await open({ limits: [slots] }, { routes: [room.route] })
        const client = await site.connect()
        client.write(getRequest('/').repeat(requests))
        await eventually(async () => expect(room.here()).toBe(requests))
        await client.hangUp()
        await isFree(site)
      }
    })

    test('is free again when the client hangs up in the middle of the answer', async () => {
      const room = waitingRoom()
      async function* body(): AsyncGenerator<string> {
        yield 'the first part'
        await room.route.handle!({} as never)
        yield 'the rest'
      }
      const site = await open({ limits: [slots] }, { routes: [{ path: '/', handle: () => ({ body: body() }) }] })
      const client = await site.connect()
      client.write(getRequest('/'))
      await client.received('the first part')
      expect((await site.admin.inspect('slots', 'all'))?.remaining).toBe(1)
      await client.hangUp()
      await isFree(site)
    })

    test('is free again when the client hangs up in the middle of what it sends', async () => {
      const waiting = waitingRoom()
      const handle: SiteRoute['handle'] = waiting.route.handle
      const site = await open({ limits: [slots] }, { routes: [{ method: 'POST', path: '/', handle }] })
      const client = await site.connect()
      client.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"half": ')
      await new Promise((resolve) => setTimeout(resolve, 30))
      await client.hangUp()
      await isFree(site)
      expect(waiting.here()).toBe(0)
    })

    test('is held for as long as an event stream lasts, longer than its lease, and is free once it has ended', async () => {
      const leased: HttpLimit = { ...slots, rule: concurrency({ capacity: 2, lease: '300ms' }) }
      const room = waitingRoom()
      async function* events(): AsyncGenerator<string> {
        yield 'data: first\n\n'
        await room.route.handle!({} as never)
        yield 'data: last\n\n'
      }
      const handle = () => ({ headers: { 'content-type': 'text/event-stream' }, body: events() })
      const site = await open({ limits: [leased] }, { routes: [{ path: '/', handle }] })
      const client = await site.connect()
      client.write(getRequest('/'))
      await client.received('data: first')
      // The clock of a test is moved no faster than timers go, by which leases are renewed.
      for (let i = 0; i < 6; i++) {
        await new Promise((resolve) => setTimeout(resolve, 100))
        await site.advance('100ms')
        expect((await site.admin.inspect('slots', 'all'))?.remaining).toBe(1)
      }
      room.open()
      await client.received('data: last')
      await isFree(site)
      // The connection goes on, and holds nothing.
      await client.hangUp()
    })

    test('is free again when the client hangs up while its key is looked up', async () => {
      const waiting = waitingRoom()
      const by = async (): Promise<string> => {
        await waiting.route.handle!({} as never)
        return 'all'
      }
      const site = await open({ limits: [{ ...slots, by }] })
      const client = await site.connect()
      client.write(getRequest('/'))
      await eventually(async () => expect(waiting.here()).toBe(1))
      await client.hangUp()
      await new Promise((resolve) => setTimeout(resolve, 30))
      waiting.open()
      await isFree(site)
    })
  })
}
