import { remainingOf } from '@sluice/conformance/adapter'
import { tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { guardFetch } from '@sluice/http/fetch'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { mount } from 'hono/mount'
import { describe, expect, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'

const hourly = (name: string): HttpLimit => ({ name, by: () => 'all', rule: tokenBucket({ capacity: 9, per: '1h' }) })
const guard = () => sluice({ limits: [hourly('site')] })
const context = () => ({ waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} })
const ok = (c: Context): Response => c.text('ok')

/** The ways in which a runtime asks an application. */
const runtimes: Readonly<Record<string, (app: Hono) => Promise<(path: string, init?: RequestInit) => Promise<Response>>>> = {
  async Node(app) {
    const { url } = await serve(app)
    return (path, init) => fetch(url + path, init)
  },
  Deno: async (app) => async (path, init) => app.request(path, init, { remoteAddr: { hostname: '192.0.2.7' } }),
  Workers: async (app) => async (path, init) => app.request(path, init, {}, context()),
}

describe.each(Object.entries(runtimes))('on %s', (_name, start) => {
  test.each<[string, (outer: Hono, inner: Hono, site: MiddlewareHandler) => Hono]>([
    ['`app.mount`', (outer, inner) => outer.mount('/api/v1', inner.fetch)],
    ['`mount`', (outer, inner) => outer.all('/api/v1/*', mount(inner.fetch))],
    ['an application between', (outer, inner, site) => outer.mount('/api', new Hono().use(site).mount('/v1', inner.fetch).fetch)],
  ])('a request that passes from guard to guard by %s is charged once, and writes one list', async (_way, mounting) => {
    const site = guard()
    const inner = new Hono().use(site.with({ cost: 2, limits: [hourly('inner')] })).get('/items/:id', ok)
    const ask = await start(mounting(new Hono().use(site), inner, site))
    const response = await ask('/api/v1/items/7')
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
    expect(remainingOf(response)).toEqual({ site: 7, inner: 7 })
    expect(remainingOf(await ask('/api/v1/items/7'))).toEqual({ site: 5, inner: 5 })
  })

  test('limits of a mounted application are asked with its own context', async () => {
    const site = guard()
    const inner = new Hono<{ Variables: { user: string } }>()
    inner.use(async (c, next) => {
      c.set('user', 'ada')
      await next()
    })
    const perUser: HttpLimit<Context> = { ...hourly('user'), by: (c) => c.get('user') as string }
    inner.use(site.with({ limits: [perUser] }) as never).get('/', (c) => c.text('ok'))
    const ask = await start(new Hono().use(site).mount('/v1', inner.fetch))
    expect(remainingOf(await ask('/v1'))).toEqual({ site: 8, user: 8 })
    expect(await site.admin.inspect('user', 'ada')).toMatchObject({ remaining: 8 })
  })

  test('what an application asks itself is charged, each time', async () => {
    const site = guard()
    const app = new Hono().use(site).on(['GET', 'POST'], ['/items', '/'], ok)
    app.get('/batch', async (c) => {
      for (const [path, method] of [['/', 'POST'], ['/items'], ['/items'], ['/batch'.repeat(2)], ['/']] as const)
        await app.fetch(new Request(new URL(path, c.req.url), { method: method ?? 'GET' }), c.env, executionCtxOf(c))
      return c.text('ok')
    })
    await (await start(app))('/batch')
    expect(await site.admin.inspect('site', 'all')).toMatchObject({ remaining: 3 })
  })

  test('requests one after the other are charged, each of them', async () => {
    const app = new Hono().use(guard()).get('*', ok)
    const ask = await start(app)
    expect([remainingOf(await ask('/api/items')), remainingOf(await ask('/items'))]).toEqual([{ site: 8 }, { site: 7 }])
  })
})

/** Hono throws where a runtime has no such thing. */
function executionCtxOf(c: Context) {
  try {
    return c.executionCtx
  } catch {
    return undefined
  }
}

test('several requests with one execution context are charged, each of them', async () => {
  const app = new Hono().use(guard()).get('*', ok)
  const one = context()
  await app.request('/api/items', {}, {}, one)
  expect(remainingOf(await app.request('/items', {}, {}, one))).toEqual({ site: 7 })
})

test('a request that is handed on as it is joins wherever it goes, and is a new one when it is asked again', async () => {
  const inner = new Hono()
    .basePath('/v1')
    .use(sluice({ limits: [hourly('inner')] }))
    .get('/items', ok)
  const outer = new Hono().use(guard()).all('/v1/*', (c) => inner.fetch(c.req.raw))
  const handle = guardFetch({ limits: [hourly('around')] }, (request) => outer.fetch(request))
  const request = new Request('http://localhost/v1/items')
  expect(remainingOf(await handle(request))).toEqual({ around: 8, site: 8, inner: 8 })
  expect(remainingOf(await handle(request))).toEqual({ around: 7, site: 7, inner: 7 })
})

test('where a runtime has nothing for a request alone, as Bun, a mounted application charges for itself', async () => {
  const site = guard()
  const app = new Hono().use(site).mount('/v1', new Hono().use(site).get('/', ok).fetch)
  await app.request('/v1', {}, { requestIP: () => null })
  expect(await site.admin.inspect('site', 'all')).toMatchObject({ remaining: 7 })
})
