import { memoryStore, type Store, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import type { HttpLimit } from '@sluice/http'
import express5, { type Request, type RequestHandler } from 'express'
import express4 from 'express4'
import { parseList } from 'structured-headers'
import { describe, expect, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'

const hourly = (name: string, capacity: number): HttpLimit<Request> => ({ name, rule: tokenBucket({ capacity, per: '1h' }) })

/** What the header says is left, by limit; read by a parser that is not ours, which accepts a valid list alone. */
function remaining(response: Response): Record<string, unknown> {
  const field = response.headers.get('ratelimit')
  return Object.fromEntries(field === null ? [] : parseList(field).map(([name, parameters]) => [String(name), parameters.get('r')]))
}

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('on %s', (_version, express) => {
  test('a guard of an application refuses what comes too often, and says so', async () => {
    const app = express()
    app.use(sluice({ limits: [hourly('ip', 2)] }))
    app.get('/', (_request, response) => void response.send('ok'))
    const { url } = await serve(app)
    const statuses = [await fetch(url), await fetch(url), await fetch(url)].map((response) => response.status)
    expect(statuses).toEqual([200, 200, 429])
    const refused = await fetch(url)
    expect(remaining(refused)).toEqual({ ip: 0 })
    expect(refused.headers.get('retry-after')).toBe('1800')
    expect(refused.headers.get('cache-control')).toBe('no-store')
    expect(refused.headers.get('content-type')).toBe('application/problem+json')
    expect(await refused.json()).toMatchObject({ status: 429, 'violated-policies': ['ip'] })
  })

  test('what is declared before the guard is free', async () => {
    const app = express()
    app.get('/health', (_request, response) => void response.send('ok'))
    app.use(sluice({ limits: [hourly('ip', 1)] }))
    const { url } = await serve(app)
    for (let i = 0; i < 3; i++) expect((await fetch(`${url}/health`)).status).toBe(200)
    expect((await fetch(url)).status).toBe(404)
    expect((await fetch(url)).status).toBe(429)
  })

  test('a chain of guards on one request is charged once, and writes one list', async () => {
    const app = express()
    const guard = sluice({ limits: [hourly('ip', 10)] })
    app.use(guard)
    const router = express.Router()
    router.use(guard.with({ limits: [hourly('router', 5)] }))
    router.get('/items', guard.with({ limits: [hourly('items', 3)] }), (_request, response) => void response.send('ok'))
    app.use('/api', router)
    const { url } = await serve(app)
    const response = await fetch(`${url}/api/items`)
    expect(remaining(response)).toEqual({ ip: 9, router: 4, items: 2 })
    expect(await guard.admin.inspect('ip', '127.0.0.1')).toMatchObject({ remaining: 9 })
  })

  test('a later cost tops up what the chain has charged', async () => {
    const app = express()
    const guard = sluice({ limits: [hourly('ip', 10)] })
    app.use(guard)
    app.get('/search', guard.with({ cost: 5 }), (_request, response) => void response.send('ok'))
    const { url } = await serve(app)
    expect(remaining(await fetch(`${url}/search`))).toEqual({ ip: 5 })
    expect(remaining(await fetch(`${url}/search`))).toEqual({ ip: 0 })
    expect((await fetch(`${url}/search`)).status).toBe(429)
  })

  test('a refusal of a later stage returns what the earlier ones charged, and its headers show that', async () => {
    const app = express()
    const guard = sluice({ limits: [hourly('ip', 10)] })
    app.use(guard)
    app.post(
      '/login',
      guard.with({ limits: [{ ...hourly('account', 1), by: () => 'ada' }] }),
      (_request, response) => void response.send('ok'),
    )
    const { url } = await serve(app)
    const post = () => fetch(`${url}/login`, { method: 'POST' })
    expect(remaining(await post())).toEqual({ ip: 9, account: 0 })
    const refused = await post()
    expect(refused.status).toBe(429)
    expect(remaining(refused)).toEqual({ ip: 9, account: 0 })
  })

  test('a guard made by `with` charges the outer limits too where it stands alone', async () => {
    const app = express()
    const guard = sluice({ limits: [hourly('ip', 10)] })
    app.get('/alone', guard.with({ limits: [hourly('own', 3)], cost: 2 }), (_request, response) => void response.send('ok'))
    const { url } = await serve(app)
    expect(remaining(await fetch(`${url}/alone`))).toEqual({ ip: 8, own: 1 })
  })

  test('the same guard in two places is asked twice and charges once', async () => {
    const app = express()
    const guard = sluice({ limits: [hourly('ip', 10)] })
    app.use(guard, guard)
    const { url } = await serve(app)
    expect(remaining(await fetch(url))).toEqual({ ip: 9 })
  })

  test('two guards of their own stores join in one list, and each gives its own back', async () => {
    const app = express()
    const outer = sluice({ limits: [hourly('ip', 10)] })
    const inner = sluice({ limits: [{ ...hourly('all', 1), by: () => 'all' }], headers: ['draft-11', 'x-ratelimit-delta'] })
    app.use(outer, inner)
    const { url } = await serve(app)
    expect(remaining(await fetch(url))).toEqual({ ip: 9, all: 0 })
    const refused = await fetch(url)
    expect(refused.status).toBe(429)
    expect(remaining(refused)).toEqual({ ip: 9, all: 0 })
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0')
    expect(await outer.admin.inspect('ip', '127.0.0.1')).toMatchObject({ remaining: 9 })
  })

  test('two stores on one request are an error with a code', async () => {
    const app = express()
    const errors: unknown[] = []
    app.use(sluice({ store: memoryStore(), limits: [hourly('ip', 10)] }), sluice({ store: memoryStore(), limits: [hourly('other', 10)] }))
    app.use(((error, _request, response, _next) => {
      errors.push(error)
      response.status(500).end()
    }) as express5.ErrorRequestHandler)
    const { url } = await serve(app)
    expect((await fetch(url)).status).toBe(500)
    expect(errors).toMatchObject([{ code: 'SLUICE_TWO_STORES' }])
  })

  test('one store in two guards is one store, and a default one stands beside any', async () => {
    const app = express()
    const store = memoryStore()
    app.use(sluice({ store, limits: [hourly('a', 9)] }), sluice({ limits: [hourly('b', 9)] }), sluice({ store, limits: [hourly('c', 9)] }))
    const { url } = await serve(app)
    expect(remaining(await fetch(url))).toEqual({ a: 8, b: 8, c: 8 })
  })

  test.each([
    ['before', 0],
    ['after', 1],
  ])('a guard %s a body parser leaves the body to the handler', async (_where, at) => {
    const app = express()
    const middleware: RequestHandler[] = [express.json()]
    middleware.splice(at, 0, sluice({ limits: [hourly('ip', 5)] }))
    app.use(middleware)
    app.post('/', (request, response) => void response.json(request.body))
    const { url } = await serve(app)
    const response = await fetch(url, { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } })
    expect(await response.json()).toEqual({ a: 1 })
    expect(remaining(response)).toEqual({ ip: 4 })
  })

  test('a refused upload is answered before its body has come, and the connection goes on', async () => {
    const app = express()
    app.use(sluice({ limits: [{ ...hourly('uploads', 1), cost: 2 }] }))
    const { connect } = await serve(app)
    const socket = await connect()
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk) => (text += String(chunk)))
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345')
    await expect.poll(() => text).toContain('HTTP/1.1 429')
    socket.write('67890GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(() => text.split('HTTP/1.1 429').length - 1).toBe(2)
    socket.destroy()
  })

  test('a limit by the body is decided where the body is known', async () => {
    const app = express()
    const guard = sluice({ limits: [hourly('ip', 9)] })
    const account: HttpLimit<Request<object, unknown, { account: string }>> = {
      name: 'account',
      by: (req) => req.body.account,
      rule: tokenBucket({ capacity: 1, per: '1h' }),
    }
    app.use(guard)
    app.post('/login', express.json(), guard.with({ limits: [account] }), (_request, response) => void response.send('ok'))
    const { url } = await serve(app)
    const login = (name: string) =>
      fetch(`${url}/login`, { method: 'POST', body: JSON.stringify({ account: name }), headers: { 'content-type': 'application/json' } })
    expect([await login('ada'), await login('bob'), await login('ada')].map((response) => response.status)).toEqual([200, 200, 429])
  })

  test('an error of the guard reaches the error handler, at once or later', async () => {
    const app = express()
    const errors: unknown[] = []
    const failing = (by: HttpLimit['by']) => sluice({ limits: [{ name: 'failing', by, rule: tokenBucket({ capacity: 1, per: '1h' }) }] })
    app.get(
      '/at-once',
      failing(() => {
        throw new Error('no key')
      }),
    )
    app.get(
      '/later',
      failing(() => Promise.reject(new Error('no key'))),
    )
    app.use(((error, _request, response, _next) => {
      errors.push(error)
      response.status(500).end()
    }) as express5.ErrorRequestHandler)
    const { url } = await serve(app)
    expect((await fetch(`${url}/at-once`)).status).toBe(500)
    expect((await fetch(`${url}/later`)).status).toBe(500)
    expect(errors).toMatchObject([{ code: 'SLUICE_FUNCTION' }, { code: 'SLUICE_FUNCTION' }])
  })

  test('limits whose functions answer later hold as well', async () => {
    const app = express()
    app.use(sluice({ limits: [{ ...hourly('slow', 2), by: async () => 'one' }] }))
    app.get('/', (_request, response) => void response.send('ok'))
    const { url } = await serve(app)
    const responses = await Promise.all([1, 2, 3, 4].map(() => fetch(url)))
    expect(responses.map((response) => response.status).sort()).toEqual([200, 200, 429, 429])
  })

  test('HEAD is counted with GET, and refused without a body', async () => {
    const app = express()
    const guard = sluice({ limits: [] })
    app.get(
      '/',
      guard.with({ limits: [{ ...hourly('route', 2), by: (_request, http) => [http.address, http.route ?? ''] }] }),
      (_request, response) => void response.send('ok'),
    )
    const { url } = await serve(app)
    expect(remaining(await fetch(url))).toEqual({ route: 1 })
    expect(remaining(await fetch(url, { method: 'HEAD' }))).toEqual({ route: 0 })
    const refused = await fetch(url, { method: 'HEAD' })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('1800')
  })

  test('`onRefused` answers in place of sluice, with the headers already set', async () => {
    const app = express()
    app.use(sluice({ limits: [hourly('ip', 1)], onRefused: (_request, response, refused) => response.json({ slow: refused.refusedBy }) }))
    const { url } = await serve(app)
    await fetch(url)
    const refused = await fetch(url)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('3600')
    expect(refused.headers.get('content-type')).toContain('application/json')
    expect(await refused.json()).toEqual({ slow: ['ip'] })
  })

  test('`onRefused` may hand the request on, or fail later', async () => {
    const app = express()
    app.use('/on', sluice({ limits: [{ ...hourly('on', 1), cost: 2 }], onRefused: (_request, _response, _refused, next) => next() }))
    app.use('/fails', sluice({ limits: [{ ...hourly('fails', 1), cost: 2 }], onRefused: () => Promise.reject(new Error('no page')) }))
    app.get('/on', (_request, response) => void response.send('slow'))
    app.use(((_error, _request, response, _next) => void response.status(500).end()) as express5.ErrorRequestHandler)
    const { url } = await serve(app)
    expect(await (await fetch(`${url}/on`)).text()).toBe('slow')
    expect((await fetch(`${url}/fails`)).status).toBe(500)
  })

  test('handlers find the decision on the request', async () => {
    const clock = manualClock()
    const store: Store = memoryStore({ clock })
    const app = express()
    app.use(sluice({ store, limits: [hourly('ip', 4)] }))
    app.get('/', async (request, response) => {
      const { decision, http } = request.sluice
      await request.sluice.refund()
      response.json([decision?.limits[0]?.remaining, http.address, http.method])
    })
    const { url } = await serve(app)
    expect(await (await fetch(url)).json()).toEqual([3, '127.0.0.1', 'GET'])
    expect(await (await fetch(url)).json()).toEqual([3, '127.0.0.1', 'GET'])
  })

  test('a response that was sent while the decision was under way is left alone', async () => {
    const app = express()
    let decided: (key: string) => void = () => undefined
    const passed: string[] = []
    app.use((_request, response, next) => {
      next()
      response.status(503).send('too slow')
    })
    app.use(sluice({ limits: [{ ...hourly('slow', 1), by: () => new Promise<string>((resolve) => (decided = resolve)) }] }))
    app.use((_request, _response) => void passed.push('handler'))
    const { url } = await serve(app)
    expect((await fetch(url)).status).toBe(503)
    decided('key')
    await expect.poll(() => passed).toEqual(['handler'])
    expect((await fetch(url)).status).toBe(503)
    decided('key')
    expect((await fetch(url)).status).toBe(503)
  })
})
