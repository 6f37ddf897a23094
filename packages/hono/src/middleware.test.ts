import { getConnInfo } from '@hono/node-server/conninfo'
import { memoryStore, tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { stream, streamSSE } from 'hono/streaming'
import { parseList } from 'structured-headers'
import { describe, expect, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'

const hourly = (name: string, capacity: number): HttpLimit => ({ name, rule: tokenBucket({ capacity, per: '1h' }) })
const connInfo = getConnInfo

/** What the header says is left, by limit; read by a parser that is not ours, which accepts a valid list alone. */
function remaining(response: Response): Record<string, unknown> {
  const field = response.headers.get('ratelimit')
  return Object.fromEntries(field === null ? [] : parseList(field).map(([name, parameters]) => [String(name), parameters.get('r')]))
}

test('a guard of an application refuses what comes too often, and says so', async () => {
  const app = new Hono().use(sluice({ connInfo, limits: [hourly('ip', 2)] })).get('/', (c) => c.text('ok'))
  const { url } = await serve(app)
  expect([(await fetch(url)).status, (await fetch(url)).status, (await fetch(url)).status]).toEqual([200, 200, 429])
  const refused = await fetch(url)
  expect(remaining(refused)).toEqual({ ip: 0 })
  expect(refused.headers.get('retry-after')).toBe('1800')
  expect(refused.headers.get('cache-control')).toBe('no-store')
  expect(refused.headers.get('content-type')).toBe('application/problem+json')
  expect(await refused.json()).toMatchObject({ status: 429, 'violated-policies': ['ip'] })
})

describe('headers survive', () => {
  const answers: Readonly<Record<string, (c: Context) => Response | Promise<Response>>> = {
    'a text': (c) => c.text('ok'),
    'a raw response': () => new Response('raw', { headers: { 'x-own': 'yes' } }),
    'a raw response without a body': () => new Response(null, { status: 204 }),
    'a redirect whose headers cannot be changed': () => Response.redirect('http://127.0.0.1/elsewhere'),
    'a response of fetch, whose headers cannot be changed': async (c) => fetch(new URL('/upstream', c.req.url)),
    'a stream': (c) => stream(c, async (out) => void (await out.write('bit by bit'))),
    'server-sent events': (c) => streamSSE(c, async (out) => out.writeSSE({ data: 'event' })),
    'an error': () => {
      throw new Error('broken')
    },
  }
  const app = new Hono()
  app.get('/upstream', () => new Response('up', { headers: { RateLimit: '"theirs";r=1', 'x-own': 'yes' } }))
  app.use(sluice({ connInfo, limits: [hourly('ip', 1000)] }))
  const sub = new Hono()
  Object.values(answers).forEach((answer, i) => void sub.get(`/${i}`, answer))
  app.onError((_error, c) => c.text('sorry', 500))
  app.route('/sub', sub)

  test.each(Object.keys(answers).map((what, i) => [what, i] as const))('%s', async (_what, i) => {
    const { url } = await serve(app)
    const response = await fetch(`${url}/sub/${i}`, { redirect: 'manual' })
    expect(Object.keys(remaining(response))).toEqual(['ip'])
    await response.text()
  })

  test('a path that nobody serves', async () => {
    const { url } = await serve(app)
    const response = await fetch(`${url}/nowhere`)
    expect(response.status).toBe(404)
    expect(Object.keys(remaining(response))).toEqual(['ip'])
  })

  test('an application with error handlers of its own, further in', async () => {
    const inner = new Hono()
    inner.onError((_error, c) => c.text('inner', 500))
    inner.use(guard.with({ limits: [hourly('inner', 9)] }))
    inner.get('/fails', answers['an error']!)
    const outer = new Hono().use(guard).route('/inner', inner)
    const { url } = await serve(outer)
    const response = await fetch(`${url}/inner/fails`)
    expect([response.status, await response.text()]).toEqual([500, 'inner'])
    expect(remaining(response)).toEqual({ ip: 9, inner: 8 })
  })
  const guard = sluice({ connInfo, limits: [hourly('ip', 10)] })

  test('what middleware around it says in headers is said of a refusal too', async () => {
    const site = new Hono()
    site.use(cors({ exposeHeaders: ['RateLimit', 'Retry-After'] }))
    site.use(async (c, next) => {
      c.header('x-request-id', '42')
      await next()
    })
    site.use(sluice({ connInfo, limits: [{ ...hourly('ip', 1), cost: 2 }] }))
    const { url } = await serve(site)
    const refused = await fetch(url, { headers: { origin: 'https://shop.example' } })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('access-control-allow-origin')).toBe('*')
    expect(refused.headers.get('access-control-expose-headers')).toBe('RateLimit,Retry-After')
    expect(refused.headers.get('x-request-id')).toBe('42')
  })

  test('a response that is found unchanged', async () => {
    const site = new Hono().use(etag(), sluice({ connInfo, limits: [hourly('ip', 9)] })).get('/', (c) => c.text('same'))
    const { url } = await serve(site)
    const tag = (await fetch(url)).headers.get('etag')!
    const response = await fetch(url, { headers: { 'if-none-match': tag } })
    expect(response.status).toBe(304)
  })
})

describe('a chain of guards', () => {
  test('on one request is charged once, and writes one list', async () => {
    const guard = sluice({ connInfo, limits: [hourly('ip', 10)] })
    const sub = new Hono()
    sub.use(guard.with({ limits: [hourly('router', 5)] }))
    sub.get('/items', guard.with({ limits: [hourly('items', 3)] }), (c) => c.text('ok'))
    const { url } = await serve(new Hono().use(guard).route('/api', sub))
    expect(remaining(await fetch(`${url}/api/items`))).toEqual({ ip: 9, router: 4, items: 2 })
  })

  test('tops up a later cost, and gives all back when a later stage refuses', async () => {
    const guard = sluice({ connInfo, limits: [hourly('ip', 10)] })
    const app = new Hono().use(guard).get('/search', guard.with({ cost: 6 }), (c) => c.text('ok'))
    const { url } = await serve(app)
    expect(remaining(await fetch(`${url}/search`))).toEqual({ ip: 4 })
    const refused = await fetch(`${url}/search`)
    expect(refused.status).toBe(429)
    expect(remaining(refused)).toEqual({ ip: 4 })
  })

  test('charges the outer limits too where a guard made by `with` stands alone', async () => {
    const guard = sluice({ connInfo, limits: [hourly('ip', 10)] })
    const { url } = await serve(new Hono().get('/', guard.with({ limits: [hourly('own', 3)], cost: 2 }), (c) => c.text('ok')))
    expect(remaining(await fetch(url))).toEqual({ ip: 8, own: 1 })
  })

  test('joins guards of their own, each of which reads the address as it was told', async () => {
    const byKey = sluice({
      limits: [{ name: 'key', by: (_c, http) => http.header('x-key') ?? null, rule: tokenBucket({ capacity: 9, per: '1h' }) }],
    })
    const byAddress = sluice({ connInfo: () => ({ remote: { address: '192.0.2.7' } }), limits: [hourly('ip', 9)] })
    const app = new Hono().use(byKey, byAddress).get('/', (c) => c.text(c.var.sluice.http.address))
    const { url } = await serve(app)
    const response = await fetch(url, { headers: { 'x-key': 'k' } })
    expect(remaining(response)).toEqual({ key: 8, ip: 8 })
    expect(await response.text()).toBe('192.0.2.7')
  })

  test('with two stores is an error with a code', async () => {
    const app = new Hono()
    const errors: unknown[] = []
    app.onError((error, c) => {
      errors.push(error)
      return c.text('sorry', 500)
    })
    app.use(
      sluice({ connInfo, store: memoryStore(), limits: [hourly('a', 9)] }),
      sluice({ connInfo, store: memoryStore(), limits: [hourly('b', 9)] }),
    )
    const { url } = await serve(app)
    expect((await fetch(url)).status).toBe(500)
    expect(errors).toMatchObject([{ code: 'SLUICE_TWO_STORES' }])
  })
})

test('an error of the guard reaches the error handler, at once or later', async () => {
  const app = new Hono()
  const errors: unknown[] = []
  app.onError((error, c) => {
    errors.push(error)
    return c.text('sorry', 500)
  })
  const fails = (by: HttpLimit['by']) => sluice({ limits: [{ name: 'failing', by, rule: tokenBucket({ capacity: 1, per: '1h' }) }] })
  app.get(
    '/at-once',
    fails(() => {
      throw new Error('no key')
    }),
  )
  app.get(
    '/later',
    fails(() => Promise.reject(new Error('no key'))),
  )
  const { url } = await serve(app)
  expect([(await fetch(`${url}/at-once`)).status, (await fetch(`${url}/later`)).status]).toEqual([500, 500])
  expect(errors).toMatchObject([{ code: 'SLUICE_FUNCTION' }, { code: 'SLUICE_FUNCTION' }])
})

test('HEAD is counted with GET, and refused without a body', async () => {
  const byRoute: HttpLimit = {
    name: 'route',
    by: (_c, http) => [http.address, http.route ?? ''],
    rule: tokenBucket({ capacity: 2, per: '1h' }),
  }
  const { url } = await serve(new Hono().use(sluice({ connInfo, limits: [byRoute] })).get('/', (c) => c.text('ok')))
  expect(remaining(await fetch(url))).toEqual({ route: 1 })
  expect(remaining(await fetch(url, { method: 'HEAD' }))).toEqual({ route: 0 })
  const refused = await fetch(url, { method: 'HEAD' })
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('1800')
  expect(refused.headers.get('content-type')).toBe('application/problem+json')
})

test('`onRefused` answers in place of sluice, and the headers of the refusal are added', async () => {
  const onRefused = (_c: Context, refused: { refusedBy: readonly string[] }): Response =>
    Response.json({ slow: refused.refusedBy }, { status: 420 })
  const { url } = await serve(new Hono().use(sluice({ connInfo, limits: [{ ...hourly('ip', 1), cost: 2 }], onRefused })))
  const refused = await fetch(url)
  expect(refused.status).toBe(420)
  expect(refused.headers.get('cache-control')).toBe('no-store')
  expect(refused.headers.get('content-type')).toBe('application/json')
  expect(remaining(refused)).toEqual({ ip: 1 })
  expect(await refused.json()).toEqual({ slow: ['ip'] })
})

describe('a route', () => {
  const asked: unknown[] = []
  const by: HttpLimit['by'] = (_c, http) => {
    asked.push(http.route)
    return http.route
  }
  const guard = sluice({ limits: [{ name: 'route', by, rule: tokenBucket({ capacity: 99, per: '1h' }) }] })
  const sub = new Hono().get('/items/:id', (c) => c.text('ok'))
  const app = new Hono()
  app.use(guard)
  app.use('/api/*', async (_c, next) => next())
  app.route('/api', sub)
  app.all('/any', (c) => c.text('ok'))
  app.get('*', async (_c, next) => next())

  test.each([
    ['/api/items/42?x=1', '/api/items/:id'],
    ['/any', '/any'],
  ])('of %s is %s', async (path, route) => {
    asked.length = 0
    const { url } = await serve(app)
    await fetch(url + path)
    expect(asked).toEqual([route])
  })

  test('that nobody serves is none', async () => {
    asked.length = 0
    const { url } = await serve(new Hono().use(guard))
    await fetch(`${url}/nowhere`)
    expect(asked).toEqual([null])
  })
})

describe('the address', () => {
  test('is needed by a limit without `by`, which is said at start-up', () => {
    expect(() => sluice({ limits: [hourly('ip', 1)] })).toThrow(expect.objectContaining({ code: 'SLUICE_CONN_INFO' }))
    expect(() => sluice({ limits: [] }).with({ limits: [hourly('ip', 1)] })).toThrow(expect.objectContaining({ code: 'SLUICE_CONN_INFO' }))
  })

  test.each(['allowList', 'denyList', 'trust'])('is needed by `%s`, which is said at start-up', (option) => {
    expect(() => sluice({ limits: [], [option]: ['10.0.0.0/8'] })).toThrow(expect.objectContaining({ code: 'SLUICE_CONN_INFO' }))
  })

  test('is that of the socket, whatever a header says', async () => {
    const { url } = await serve(
      new Hono().use(sluice({ connInfo, limits: [hourly('ip', 9)] })).get('/', (c) => c.text(c.var.sluice.http.address)),
    )
    expect(await (await fetch(url, { headers: { 'x-forwarded-for': '198.51.100.7', 'x-real-ip': '198.51.100.7' } })).text()).toBe(
      '127.0.0.1',
    )
  })

  test('is what a listed proxy says', async () => {
    const guard = sluice({ connInfo, trust: ['127.0.0.0/8', '10.0.0.0/8'], limits: [hourly('ip', 9)] })
    const { url } = await serve(new Hono().use(guard).get('/', (c) => c.text(c.var.sluice.http.address)))
    expect(await (await fetch(url, { headers: { 'x-forwarded-for': '203.0.113.9, 198.51.100.7, 10.0.0.1' } })).text()).toBe('198.51.100.7')
  })
})
