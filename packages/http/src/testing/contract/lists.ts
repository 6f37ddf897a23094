/** Who is never limited, and who is always refused. */
import { tokenBucket } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import type { HttpLimit } from '../../http-limit.ts'
import { mediaTypeOf, type Question } from '../http-client.ts'
import { quotaOf } from '../quota-fields.ts'
import { getRequest } from '../raw-connection.ts'
import { statusesOf, type Trial } from '../trial.ts'

const limits: readonly HttpLimit[] = [{ name: 'ip', rule: tokenBucket({ capacity: 1, per: '1h' }) }]
const trust = ['127.0.0.0/8']

function from(address: string, path = '/'): Question {
  return { path, headers: { 'x-forwarded-for': address } }
}

export function listsContract({ open }: Trial): void {
  describe('the allow list', () => {
    test('lets its addresses through uncounted and without headers', async () => {
      const site = await open({ limits, trust, allowList: ['192.0.2.0/24', '2001:db8::/32'] })
      for (const address of ['192.0.2.7', '::ffff:192.0.2.8', '2001:DB8::1']) {
        const replies = await site.askTimes(3, from(address))
        expect(statusesOf(replies)).toEqual([200, 200, 200])
        expect(quotaOf(replies[2]!)).toEqual({})
      }
      expect(statusesOf(await site.askTimes(2, from('198.51.100.1')))).toEqual([200, 429])
    })

    test('is not entered by a forwarding header that nobody vouches for', async () => {
      const site = await open({ limits, allowList: ['192.0.2.0/24'] })
      expect(statusesOf(await site.askTimes(2, from('192.0.2.7')))).toEqual([200, 429])
    })
  })

  describe('the deny list', () => {
    test('refuses its addresses with 403, in the form the client reads, and charges nobody', async () => {
      const site = await open({ limits, trust, denyList: ['192.0.2.0/24'] })
      const reply = await site.ask(from('192.0.2.7'))
      expect(reply.status).toBe(403)
      expect(mediaTypeOf(reply)).toBe('application/problem+json')
      expect(reply.headers['cache-control']).toBe('no-store')
      expect(JSON.parse(reply.body)).toMatchObject({ status: 403, title: 'Forbidden' })
      expect(await site.remaining('ip', '192.0.2.7', 1)).toBe(1)
      const line = await site.ask({ path: '/', headers: { ...from('192.0.2.7').headers, 'user-agent': 'curl/8.11.0' } })
      expect(mediaTypeOf(line)).toBe('text/plain')
      expect((await site.ask(from('198.51.100.1'))).status).toBe(200)
    })

    test('wins over the allow list', async () => {
      const site = await open({ limits, trust, denyList: ['192.0.2.7'], allowList: ['192.0.2.0/24'] })
      expect((await site.ask(from('192.0.2.7'))).status).toBe(403)
      expect((await site.ask(from('192.0.2.8'))).status).toBe(200)
    })

    test('is not passed by a client that hangs up as soon as it has asked, which takes its address away', async () => {
      let served = 0
      const handle = () => ({ body: String(++served) })
      const site = await open(
        { limits: [{ ...limits[0]!, by: () => 'all' }], denyList: ['127.0.0.0/8'], onFault: 'allow' },
        { routes: [{ path: '/', handle }] },
      )
      for (let i = 0; i < 10; i++) {
        const client = await site.connect()
        client.write(getRequest('/'))
        await client.hangUp()
      }
      expect((await site.ask('/')).status).toBe(403)
      expect(served).toBe(0)
    })

    test('holds without any limit, for paths that nobody serves, and not where a route says false', async () => {
      const site = await open({ trust, denyList: ['192.0.2.7'] }, { routes: [{ path: '/' }, { path: '/health', sluice: false }] })
      const statuses = await Promise.all(['/', '/nowhere', '/health'].map(async (path) => (await site.ask(from('192.0.2.7', path))).status))
      expect(statuses).toEqual([403, 403, 200])
    })
  })
}
