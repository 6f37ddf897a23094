/** A limit whose capacity follows the server: in this process, whatever store the other limits have. */
import { setTimeout as sleep } from 'node:timers/promises'
import { tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { adaptive, type HttpLimit } from '@sluice/http'
import { expect } from 'vitest'
import type { SiteRoute } from '../adapter-under-test.ts'
import type { Reply } from '../http-client.ts'
import { quotaOf } from '../quota-fields.ts'
import { getRequest } from '../raw-connection.ts'
import { eventually, type OpenSite, statusesOf, type Trial } from '../trial.ts'
import { waitingRoom } from '../waiting-room.ts'

/** The capacities that decisions have shown, each once in a row. */
function capacitiesOf({ admin }: OpenSite): number[] {
  const seen: number[] = []
  admin.observe((event) => {
    const status = event.type === 'decision' ? event.decision.limits.find(({ name }) => name === 'server') : undefined
    if (status !== undefined && status.capacity !== seen.at(-1)) seen.push(status.capacity)
  })
  return seen
}

export function adaptiveContract({ open, describe, test }: Trial): void {
  const ip: HttpLimit = { name: 'ip', rule: tokenBucket({ capacity: 1000, per: '1h' }) }

  describe('an adaptive limit', () => {
    test('refuses at once what comes on top of what the server can do, charges it nowhere, and serves the rest', async () => {
      const room = waitingRoom()
      const server = adaptive({ latency: '1m', initial: 8, min: 4, max: 8, eventLoopDelay: false })
      const site = await open({ limits: [server, ip] }, { routes: [room.route] })
      const replies: Reply[] = []
      const asking = Array.from({ length: 40 }, async () => void replies.push(await site.ask('/')))
      await eventually(async () => expect(replies).toHaveLength(32))
      for (const { status, headers, body } of replies) {
        expect([status, headers['retry-after']]).toEqual([503, '1'])
        expect(quotaOf({ headers })).not.toHaveProperty('server')
        expect(JSON.parse(body)).toMatchObject({ status: 503, title: 'Temporary Reduced Capacity' })
      }
      room.open()
      await Promise.all(asking)
      expect(statusesOf(replies.slice(32))).toEqual(Array(8).fill(200))
      expect(await site.remaining('ip', '127.0.0.1', 1000)).toBe(992)
    })

    test('follows how long its requests take', async () => {
      const clock = manualClock()
      const handle = () => {
        clock.advance(slow ? 101 : 1)
        return {}
      }
      let slow = false
      const site = await open(
        { limits: [adaptive({ latency: '100ms', initial: 1, min: 1, max: 2, clock, eventLoopDelay: false })] },
        { routes: [{ path: '/', handle }] },
      )
      const seen = capacitiesOf(site)
      const askUntil = (capacity: number): Promise<void> =>
        eventually(async () => {
          await site.ask('/')
          expect(seen.at(-1)).toBe(capacity)
        })
      await askUntil(2)
      slow = true
      await askUntil(1)
      slow = false
      await askUntil(2)
      expect(seen).toEqual([1, 2, 1, 2])
    })

    test('learns nothing from what another limit refuses, and gives its slot back', async () => {
      const empty: HttpLimit = { name: 'empty', by: () => 'all', rule: tokenBucket({ capacity: 1, per: '1h' }), initial: 0 }
      const site = await open({ limits: [adaptive({ latency: '1m', initial: 1, min: 1, eventLoopDelay: false }), empty] })
      const seen = capacitiesOf(site)
      expect(statusesOf(await site.askTimes(5, '/'))).toEqual([429, 429, 429, 429, 429])
      expect(seen).toEqual([1])
    })

    test('gives the slot of a client back that hangs up, and takes it for no sign of quickness', async () => {
      const handle = () => sleep(60_000, {}, { ref: false })
      const server = adaptive({ latency: '1m', initial: 1, min: 1, eventLoopDelay: false })
      const site = await open({ limits: [server] }, { routes: [{ path: '/', handle }] })
      const seen = capacitiesOf(site)
      for (let i = 0; i < 3; i++) {
        const client = await site.connect()
        client.write(getRequest('/'))
        await eventually(async () => expect((await site.admin.inspect('server', []))?.remaining).toBe(0))
        expect((await site.ask('/')).status).toBe(503)
        await client.hangUp()
        await eventually(async () => expect(await site.admin.inspect('server', [])).toBe(null))
      }
      expect(seen).toEqual([1])
    })

    test.each([
      ['afterAddress', 429],
      ['first', 503],
    ] as const)('decided in the order %s answers a caller that is over a limit by address as well with %i', async (order, status) => {
      const room = waitingRoom()
      const server = adaptive({ latency: '1m', initial: 1, min: 1, max: 1, eventLoopDelay: false, order })
      const once: HttpLimit = { name: 'once', rule: tokenBucket({ capacity: 1, per: '1h' }) }
      const site = await open({ limits: [server, once] }, { routes: [room.route] })
      const first = site.ask('/')
      await eventually(async () => expect(room.here()).toBe(1))
      expect((await site.ask('/')).status).toBe(status)
      room.open()
      expect((await first).status).toBe(200)
    })

    test.each([
      ['short', 1000, '{'],
      ['long', 1_000_000, `{"a":"${'x'.repeat(100_000)}`],
    ])('leaves slots to others while clients drip %s uploads, and holds none when they are gone', async (_what, length, begun) => {
      const server = adaptive({ latency: '1m', initial: 8, min: 8, max: 8, eventLoopDelay: false })
      const site = await open({ limits: [server, ip] }, { routes: [{ path: '/' }, { method: 'POST', path: '/' }] })
      const clients = await Promise.all(Array.from({ length: 12 }, () => site.connect()))
      const head = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`
      for (const client of clients) client.write(head + begun)
      for (let i = 0; i < 5; i++) {
        await sleep(30)
        for (const client of clients) client.write(' ')
        expect(statusesOf(await site.askAtOnce(4, '/'))).toEqual([200, 200, 200, 200])
      }
      await Promise.all(clients.map((client) => client.hangUp()))
      await eventually(async () => expect(await site.admin.inspect('server', [])).toBe(null))
    })

    test('takes the slot of an upload that comes in parts when it is there, and hands on all of it', async () => {
      const server = adaptive({ latency: '1m', initial: 1, min: 1, max: 1, eventLoopDelay: false })
      const handle: SiteRoute['handle'] = ({ body }) => ({ body: JSON.stringify(body) })
      const site = await open({ limits: [server] }, { routes: [{ path: '/' }, { method: 'POST', path: '/', handle }] })
      const client = await site.connect()
      client.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"a": ')
      await sleep(50)
      expect((await site.ask('/')).status).toBe(200)
      client.write('"b  c"}')
      const [reply] = await client.replies(['POST'])
      expect([reply!.status, reply!.body]).toEqual([200, '{"a":"b  c"}'])
      await client.hangUp()
      await eventually(async () => expect(await site.admin.inspect('server', [])).toBe(null))
    })

    test('takes one slot of a request that passes a second guard', async () => {
      const server = adaptive({ latency: '1m', initial: 1, min: 1, max: 1, eventLoopDelay: false })
      const sections = [{ prefix: '/inner', guard: { limits: [ip, server] }, routes: [{ path: '/' }] }]
      const site = await open({ limits: [server] }, { sections })
      for (let i = 0; i < 3; i++) {
        expect((await site.ask('/inner/')).status).toBe(200)
        await eventually(async () => expect(await site.admin.inspect('server', [])).toBe(null))
      }
    })
  })
}
