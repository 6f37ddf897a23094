/** Who is always refused, and who is never limited: the deny list, then the allow list, then everything else. */
import { tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { expect } from 'vitest'
import type { Site } from '../adapter-under-test.ts'
import { mediaTypeOf, type Question } from '../http-client.ts'
import { quotaOf } from '../quota-fields.ts'
import { getRequest } from '../raw-connection.ts'
import { statusesOf, type Trial } from '../trial.ts'
import { temporarySocket } from '../unix-socket.ts'

const limits: readonly HttpLimit[] = [{ name: 'ip', rule: tokenBucket({ capacity: 1, per: '1h' }) }]
const trust = ['127.0.0.0/8']

function from(address: string, path = '/'): Question {
  return { path, headers: { 'x-forwarded-for': address } }
}

/** A request of every kind that a guard may be asked about, by what is special about it. */
const kinds: Readonly<Record<string, Question>> = {
  'a route': { path: '/' },
  'its HEAD': { method: 'HEAD', path: '/' },
  'a body': { method: 'POST', path: '/', json: { a: 1 } },
  'a preflight': { method: 'OPTIONS', path: '/', headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' } },
  'a preflight of a path without a handler': {
    method: 'OPTIONS',
    path: '/nowhere',
    headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' },
  },
  'an OPTIONS that is no preflight': { method: 'OPTIONS', path: '/' },
  'an upgrade': {
    path: '/',
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'c2x1aWNlLXdlYnNvY2tldA==',
    },
  },
  'a path without a handler': { path: '/nowhere' },
  'a method without a handler': { method: 'DELETE', path: '/' },
  'a route without limits': { path: '/false' },
  'the HEAD of a route without limits': { method: 'HEAD', path: '/false' },
  'a route that inherits nothing': { path: '/apart' },
  'a route that is never guarded': { path: '/never' },
  'a route whose condition fails': { path: '/fails' },
  'a route that is decided late': { path: '/late' },
  'a guard within the guard': { path: '/inner/' },
  'a route without limits within it': { path: '/inner/false' },
  'a path without a handler within it': { path: '/inner/nowhere' },
}

/** A site with all of them. Whatever runs on the way is counted. */
function everyKind() {
  const ran = { handlers: 0, functions: 0 }
  const handle = () => ({ body: String(++ran.handlers) })
  const counted =
    <T>(answer: T) =>
    (): T => {
      ran.functions++
      return answer
    }
  const fails = (): never => {
    ran.functions++
    throw new Error('not to be asked')
  }
  const keyed: HttpLimit = { name: 'keyed', by: counted('all'), rule: tokenBucket({ capacity: 1, per: '1h' }) }
  const site: Omit<Site, 'guard'> = {
    routes: [
      { path: '/', handle },
      { method: 'POST', path: '/', handle },
      { method: 'OPTIONS', path: '/', handle },
      { path: '/false', sluice: false, handle },
      { path: '/apart', sluice: { inherit: false }, handle },
      { path: '/never', sluice: { when: counted(false) }, handle },
      { path: '/fails', sluice: { when: fails }, handle },
      { path: '/late', sluice: { limits: [{ ...keyed, name: 'late', by: fails }], cost: fails }, handle },
    ],
    sections: [
      {
        prefix: '/inner',
        guard: { limits: [{ ...keyed, name: 'inner' }], when: counted(true) },
        routes: [
          { path: '/', handle },
          { path: '/false', sluice: false, handle },
        ],
      },
    ],
  }
  return { ran, site, limits: [...limits, keyed] }
}

export function listsContract({ adapter, open, describe, test }: Trial): void {
  describe.each(Object.entries(kinds))('%s', (_kind, question) => {
    const denied = { ...question, headers: { ...question.headers, ...from('192.0.2.7').headers } }

    test('is refused to an address on the deny list before anything else is asked or charged', async () => {
      const { ran, site, limits: all } = everyKind()
      const { ask, remaining } = await open(
        { limits: all, trust, denyList: ['192.0.2.0/24'], allowList: ['192.0.2.7'], onFault: 'allow' },
        site,
      )
      expect((await ask(denied)).status).toBe(403)
      expect(ran).toEqual({ handlers: 0, functions: 0 })
      expect(await remaining('ip', '192.0.2.7', 1)).toBe(1)
    })

    test('is refused so without any limit', async () => {
      const { ran, site } = everyKind()
      const { ask } = await open({ trust, denyList: ['192.0.2.7'] }, site)
      expect((await ask(denied)).status).toBe(403)
      expect(ran).toEqual({ handlers: 0, functions: 0 })
    })

    test.each([
      ['throw', 500],
      ['deny', 503],
      ['allow', 503],
    ] as const)('passes no deny list where the address cannot be known, and onFault %s answers %i', async (onFault, status) => {
      const { ran, site, limits: all } = everyKind()
      const { ask } = await open({ limits: all, denyList: ['192.0.2.7'], onFault }, { ...site, socketPath: temporarySocket() })
      expect((await ask(question)).status).toBe(status)
      expect(ran).toEqual({ handlers: 0, functions: 0 })
    })

    test('asks nothing and charges nothing of an address on the allow list', async () => {
      const { ran, site, limits: all } = everyKind()
      const { askTimes, remaining } = await open({ limits: all, trust, allowList: ['192.0.2.0/24'] }, site)
      for (const reply of await askTimes(2, denied)) {
        expect([200, 404, 204]).toContain(reply.status)
        expect(quotaOf(reply)).toEqual({})
      }
      expect(ran.functions).toBe(0)
      expect(await remaining('ip', '192.0.2.7', 1)).toBe(1)
    })
  })

  describe('the allow list', () => {
    test('lets its addresses through uncounted and without headers', async () => {
      const site = await open({ limits, trust, allowList: ['192.0.2.0/24', '2001:db8::/32'] })
      for (const address of ['192.0.2.7', '::ffff:192.0.2.8', '64:ff9b::192.0.2.9', '2001:DB8::1']) {
        const replies = await site.askTimes(3, from(address))
        expect(statusesOf(replies)).toEqual([200, 200, 200])
        expect(quotaOf(replies[2]!)).toEqual({})
      }
      expect(statusesOf(await site.askTimes(2, from('198.51.100.1')))).toEqual([200, 429])
    })

    test('is not entered by a forwarding header that no proxy vouches for', async () => {
      const site = await open({ limits, allowList: ['192.0.2.0/24'] })
      expect(statusesOf(await site.askTimes(2, from('192.0.2.7')))).toEqual([200, 429])
    })
  })

  describe('the deny list', () => {
    test('refuses its addresses with 403, in the form the client reads', async () => {
      const site = await open({ limits, trust, denyList: ['192.0.2.0/24'] })
      const reply = await site.ask(from('192.0.2.7'))
      expect(reply.status).toBe(403)
      expect(mediaTypeOf(reply)).toBe('application/problem+json')
      expect(reply.headers['cache-control']).toBe('no-store')
      expect(JSON.parse(reply.body)).toMatchObject({ status: 403, title: 'Forbidden' })
      const line = await site.ask({ path: '/', headers: { ...from('192.0.2.7').headers, 'user-agent': 'curl/8.11.0' } })
      expect(mediaTypeOf(line)).toBe('text/plain')
      expect((await site.ask(from('198.51.100.1'))).status).toBe(200)
    })

    test.each(['192.0.2.7', '::ffff:192.0.2.7', '::FFFF:C000:207', '64:ff9b::c000:207', '64:ff9b:1:fffe::192.0.2.7', '192.0.2.7:443'])(
      'knows its address as %s, however the entry is written',
      async (address) => {
        for (const entry of ['192.0.2.7', '::ffff:c000:0/112', '64:ff9b::192.0.2.0/120']) {
          const site = await open({ trust, denyList: [entry] })
          expect((await site.ask(from(address))).status, entry).toBe(403)
        }
      },
    )

    test('has no condition asked before the body is known', async () => {
      const counted = async (request: unknown) => (await adapter.bodyOf(request)) !== undefined
      const late: HttpLimit = { ...limits[0]!, by: () => 'all' }
      const { askTimes } = await open(
        { denyList: ['192.0.2.7'] },
        { routes: [{ method: 'POST', path: '/', sluice: { limits: [late], when: counted } }] },
      )
      expect(statusesOf(await askTimes(2, { method: 'POST', path: '/', json: {} }))).toEqual([200, 429])
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
  })
}
