import { getConnInfo } from '@hono/node-server/conninfo'
import { remainingOf } from '@sluice/conformance/adapter'
import { tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { HTTPException } from 'hono/http-exception'
import { stream, streamSSE } from 'hono/streaming'
import { describe, expect, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'

const hourly = (name: string, capacity: number): HttpLimit => ({ name, rule: tokenBucket({ capacity, per: '1h' }) })
const connInfo = getConnInfo

test('a guard of an application refuses what comes too often, and says so', async () => {
  const app = new Hono().use(sluice({ connInfo, limits: [hourly('ip', 2)] })).get('/', (c) => c.text('ok'))
  const { url } = await serve(app)
  expect([(await fetch(url)).status, (await fetch(url)).status, (await fetch(url)).status]).toEqual([200, 200, 429])
  const refused = await fetch(url)
  expect(remainingOf(refused)).toEqual({ ip: 0 })
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
    expect(Object.keys(remainingOf(response))).toEqual(['ip'])
    await response.text()
  })

  test('a path without a handler', async () => {
    const { url } = await serve(app)
    const response = await fetch(`${url}/nowhere`)
    expect(response.status).toBe(404)
    expect(Object.keys(remainingOf(response))).toEqual(['ip'])
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
    expect(remainingOf(response)).toEqual({ ip: 9, inner: 8 })
  })
  const guard = sluice({ connInfo, limits: [hourly('ip', 10)] })

  test('what middleware around it says in headers is said of a refusal too', async () => {
    const site = new Hono()
    site.use(cors({ exposeHeaders: ['RateLimit', 'Retry-After'] }))
    site.use(async (c, next) => {
      c.header('x-request-id', '42')
      await next()
    })
    site.use(sluice({ connInfo, limits: [{ ...hourly('ip', 1), cost: () => 2 }] }))
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

test('`onRefused` answers in place of sluice, and the headers of the refusal are added', async () => {
  const onRefused = (_c: Context, refused: { refusedBy: readonly string[] }): Response =>
    Response.json({ slow: refused.refusedBy }, { status: 420 })
  const { url } = await serve(new Hono().use(sluice({ connInfo, limits: [{ ...hourly('ip', 1), cost: () => 2 }], onRefused })))
  const refused = await fetch(url)
  expect(refused.status).toBe(420)
  expect(refused.headers.get('cache-control')).toBe('no-store')
  expect(refused.headers.get('content-type')).toBe('application/json')
  expect(remainingOf(refused)).toEqual({ ip: 1 })
  expect(await refused.json()).toEqual({ slow: ['ip'] })
})

test('an `onRefused` that answers what is no response is a fault, with a code', async () => {
  const errors: unknown[] = []
  const app = new Hono().use(sluice({ connInfo, limits: [{ ...hourly('ip', 1), cost: () => 2 }], onRefused: async () => 'slow' as never }))
  app.onError((error, c) => {
    errors.push(error)
    return c.text('sorry', 500)
  })
  const { url } = await serve(app)
  expect((await fetch(url)).status).toBe(500)
  expect(errors).toMatchObject([{ code: 'SLUICE_REFUSED_ANSWER' }])
})

test('an exception with a response that `onRefused` throws gets the headers of the refusal', async () => {
  for (const refuse of [
    () => Promise.reject(new HTTPException(429)),
    (): never => {
      throw new HTTPException(429)
    },
  ]) {
    const app = new Hono().use(sluice({ connInfo, limits: [{ ...hourly('ip', 1), initial: 0 }], onRefused: refuse }))
    app.get('/', (c) => c.text('in'))
    const refused = await fetch((await serve(app)).url)
    expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('cache-control')]).toEqual([429, '3600', 'no-store'])
  }
})

test('an `onRefused` that hands on leaves its handler as much time as it takes', async () => {
  const app = new Hono().use(
    sluice({
      connInfo,
      functionTimeout: '20ms',
      limits: [{ ...hourly('ip', 1), cost: () => 2 }],
      onRefused: (_c, _refused, next) => next(),
    }),
  )
  app.get('/', async (c) => {
    await new Promise((resolve) => setTimeout(resolve, 60))
    return c.text('slow', 201)
  })
  const served = await fetch((await serve(app)).url)
  expect([served.status, await served.text(), served.headers.get('retry-after')]).toEqual([201, 'slow', null])
})
