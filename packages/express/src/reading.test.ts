import { skip, tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import express5, { type Request } from 'express'
import express4 from 'express4'
import { describe, expect, onTestFinished, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'

const limits = [{ name: 'ip', rule: tokenBucket({ capacity: 10, per: '1h' }) }]

/** The address that a guard sees. */
async function seen(
  express: typeof express5,
  trust: unknown,
  forwarded: string | undefined,
  options: { trust?: string[] } = {},
): Promise<unknown> {
  const app = express()
  if (trust !== undefined) app.set('trust proxy', trust)
  app.use(sluice({ limits, ...options }))
  app.get('/', (request, response) => void response.json(request.sluice.http.ip))
  const { url } = await serve(app)
  return (await fetch(url, forwarded === undefined ? {} : { headers: { 'x-forwarded-for': forwarded } })).json()
}

/** The codes of the warnings that this test draws. */
function warnings(): string[] {
  const codes: string[] = []
  const listen = (warning: Error & { code?: string }): void => void codes.push(warning.code ?? '')
  process.on('warning', listen)
  onTestFinished(() => void process.off('warning', listen))
  return codes
}

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('on %s', (_version, express) => {
  test.each<[string, unknown, string | undefined, string]>([
    ['without trust the socket counts', undefined, '198.51.100.7', '127.0.0.1'],
    ['a trusted peer speaks for its client', 'loopback', '198.51.100.7', '198.51.100.7'],
    ['a peer that is not trusted speaks for nobody', '10.0.0.0/8', '198.51.100.7', '127.0.0.1'],
    ['a chain is followed up to the first stranger', ['loopback', '10.0.0.0/8'], '203.0.113.9, 198.51.100.7, 10.0.0.1', '198.51.100.7'],
    ['what is no address falls back to the nearest proxy', ['loopback', '10.0.0.0/8'], 'unknown, 10.0.0.1', '10.0.0.1'],
    ['an address with a port is one', 'loopback', '198.51.100.7:4711', '198.51.100.7'],
    ['a trusted peer without the header is the client', 'loopback', undefined, '127.0.0.1'],
  ])('%s', async (_what, trust, forwarded, address) => {
    expect(await seen(express, trust, forwarded)).toBe(address)
  })

  test("the guard's own trust goes before Express's", async () => {
    expect(await seen(express, 'loopback', '203.0.113.9, 198.51.100.7', { trust: ['127.0.0.0/8', '198.51.100.0/24'] })).toBe('203.0.113.9')
  })

  test('`trust proxy` as a function can trust a connection without an address, such as a Unix socket', async () => {
    const app = express()
    app.set('trust proxy', (address: string | undefined) => address === undefined)
    app.use((request, _response, next) => {
      Object.defineProperty(request.socket, 'remoteAddress', { value: undefined })
      next()
    })
    app.use(sluice({ limits, denyList: ['198.51.100.7'] }))
    app.get('/', (request, response) => void response.json(request.sluice.http.ip))
    const { url } = await serve(app)
    const ask = (forwarded: string): Promise<Response> => fetch(url, { headers: { 'x-forwarded-for': forwarded } })
    expect(await (await ask('::ffff:192.0.2.7')).json()).toBe('192.0.2.7')
    expect((await ask('198.51.100.7')).status).toBe(403)
  })

  test.each([
    [true, 'SLUICE_TRUST_PROXY'],
    [2, 'SLUICE_TRUST_HOPS'],
  ])('`trust proxy: %s` draws %s, once an address is asked for', async (trust, code) => {
    const codes = warnings()
    await seen(express, trust, '198.51.100.7')
    await new Promise(setImmediate)
    // The text is said once a process, and each version of Express runs in the same. Other tests of the process make guards, which may draw a
    // warning of their own.
    expect(codes.filter((one) => one.startsWith('SLUICE_TRUST'))).toEqual(express === express5 ? [code] : [])
  })

  describe('a route', () => {
    const routes = async (path: string): Promise<unknown> => {
      const app = express()
      const routes: unknown[] = []
      const byRoute: HttpLimit<Request> = {
        name: 'route',
        by(_request, http) {
          routes.push(http.route)
          return http.route ?? skip
        },
        rule: tokenBucket({ capacity: 9, per: '1h' }),
      }
      const guard = sluice({ limits: [byRoute] })
      app.use(guard)
      const router = express.Router()
      router.get('/items/:id', guard, (_request, response) => void response.send('ok'))
      app.use('/api', router)
      app.get(['/a', '/b'], guard, (_request, response) => void response.send('ok'))
      const { url } = await serve(app)
      expect((await fetch(url + path)).status).toBe(200)
      return routes
    }

    test('is a pattern with its mount where the guard stands on it, and unknown before', async () => {
      expect(await routes('/api/items/42?x=1')).toEqual([null, '/api/items/:id'])
    })

    test('is the same however its mount is written', async () => {
      expect(await routes('/API/items/42')).toEqual([null, '/api/items/:id'])
    })

    test('with several patterns is all of them', async () => {
      expect(await routes('/b')).toEqual([null, '/a,/b'])
    })
  })
})
