/** The quota endpoint on every adapter: the same answer, which its schema describes, and no charge. */
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { createLimiter, type Limiter, memoryStore, shareOf, skip, surviveOutages, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import * as onExpress from '@sluice/express'
import * as onFastify from '@sluice/fastify'
import * as onHono from '@sluice/hono'
import type { HttpLimit } from '@sluice/http'
import { guardFetch, quota as quotaFetch } from '@sluice/http/fetch'
import { Ajv2020 } from 'ajv/dist/2020.js'
import express from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { listening } from '../listening.ts'

type Identify = (key: string | undefined) => string | null | Promise<string>

/** Serves the endpoint at `/quota`. @returns its port */
type Serve = (limiter: Limiter<string>, identify: Identify) => Promise<number>

/** Serves the quota of a guard at `/quota`, and its limits at `/`. @returns its port */
type ServeGuarded = (options: { readonly limits: readonly HttpLimit[]; readonly denyList?: readonly string[] }) => Promise<number>

const keyOf = (request: { readonly headers: Readonly<Record<string, unknown>> }): string | undefined =>
  request.headers['x-key'] as string | undefined

const adapters: Readonly<Record<string, Serve>> = {
  Fastify: async (limiter, identify) => {
    const app = Fastify()
    await app.register(onFastify.sluice, { limits: [{ name: 'ip', rule: tokenBucket({ capacity: 1, per: '1h' }) }] })
    app.get('/quota', { config: { sluice: false } }, onFastify.quota({ limiter, identify: (request) => identify(keyOf(request)) }))
    onTestFinished(() => app.close())
    await app.listen({ port: 0, host: '127.0.0.1' })
    return (app.server.address() as AddressInfo).port
  },
  'Express 5': (limiter, identify) =>
    listening(express().all('/quota', onExpress.quota({ limiter, identify: (request) => identify(keyOf(request)) }))),
  'Express 4': (limiter, identify) =>
    listening(express4().all('/quota', onExpress.quota({ limiter, identify: (request) => identify(keyOf(request)) }))),
  'node:http': (limiter, identify) => {
    const answer = onExpress.quota<string, IncomingMessage>({ limiter, identify: (request) => identify(keyOf(request)) })
    return listening(answer)
  },
  Hono: (limiter, identify) => {
    const app = new Hono().all('/quota', onHono.quota({ limiter, identify: (c) => identify(c.req.header('x-key')) }))
    return listening(getRequestListener(app.fetch))
  },
  fetch: (limiter, identify) =>
    listening(getRequestListener(quotaFetch({ limiter, identify: (request) => identify(request.headers.get('x-key') ?? undefined) }))),
}

const guarded: Readonly<Record<string, ServeGuarded>> = {
  Fastify: async (options) => {
    const app = Fastify()
    app.get('/quota', { config: { sluice: false } }, onFastify.quota())
    app.get('/', async () => 'ok')
    app.register(onFastify.sluice, options)
    onTestFinished(() => app.close())
    await app.listen({ port: 0, host: '127.0.0.1' })
    return (app.server.address() as AddressInfo).port
  },
  'Express 5': (options) => {
    const guard = onExpress.sluice(options)
    return listening(
      express()
        .all('/quota', onExpress.quota({ guard }))
        .use(guard)
        .get('/', (_request, response) => void response.send('ok')),
    )
  },
  'node:http': (options) => {
    const guard = onExpress.nodeSluice(options)
    const quota = onExpress.quota<unknown, IncomingMessage>({ guard })
    return listening((request, response) => {
      if (request.url === '/quota') return quota(request, response)
      guard(request, response, () => void response.end('ok'))
    })
  },
  Hono: (options) => {
    const guard = onHono.sluice({ ...options, connInfo: getConnInfo })
    const app = new Hono()
      .all('/quota', onHono.quota({ guard }))
      .use(guard)
      .get('/', (c) => c.text('ok'))
    return listening(getRequestListener(app.fetch))
  },
  fetch: (options) => {
    type Bindings = { readonly incoming: IncomingMessage }
    const remoteAddress = (_request: Request, { incoming }: Bindings) => incoming.socket.remoteAddress
    const guard = guardFetch({ ...options, remoteAddress }, () => new Response('ok'))
    const quota = quotaFetch({ guard })
    const handle = (request: Request, bindings: unknown) =>
      new URL(request.url).pathname === '/quota' ? quota(request, bindings) : guard(request, bindings as Bindings)
    return listening(getRequestListener(handle))
  },
}

const schema = JSON.parse(readFileSync(new URL('../../packages/http/quota.schema.json', import.meta.url), 'utf8')) as object
const isQuota = new Ajv2020({ allowUnionTypes: true }).compile(schema)

function layered(): Limiter<string> {
  return createLimiter<string>({
    store: memoryStore({ clock: manualClock() }),
    limits: [
      { name: 'capacity', by: () => 'all', rule: tokenBucket({ capacity: 100, per: '1s' }), disclose: false },
      { name: 'application', by: (key) => key.split('/')[0]!, rule: tokenBucket({ capacity: 8, per: '8s' }) },
      { name: 'seller', by: (key) => key, rule: shareOf('application', 0.5) },
    ],
  })
}

describe.each(Object.entries(adapters))('on %s', (_name, serve) => {
  test('a caller sees its own disclosed limits as the schema says, and is charged nothing', async () => {
    const limiter = layered()
    for (let i = 0; i < 4; i++) await limiter.consume('acme/ann')
    const url = `http://127.0.0.1:${await serve(limiter, (key) => key ?? null)}/quota`
    const ask = (key: string): Promise<Response> => fetch(`${url}?key=acme/ann`, { headers: { 'x-key': key } })
    const answer = await ask('acme/ann')
    expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('etag')]).toEqual([200, 'no-store', null])
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    const body = await answer.json()
    expect(isQuota(body), JSON.stringify(isQuota.errors)).toBe(true)
    expect(body).toMatchObject({
      state: 'limited',
      retryAfterMs: 2000,
      limits: [
        { name: 'application', used: 4, state: 'ok', rule: '8 every 8 seconds' },
        { name: 'seller', parent: 'application', used: 4, state: 'limited' },
      ],
    })
    expect(await (await ask('acme/bob')).json()).toMatchObject({ state: 'ok', limits: [{ used: 4 }, { used: 0 }] })
    expect((await limiter.inspect('application', 'acme'))?.remaining).toBe(4)
  })

  test('HEAD has the fields and no body; without a key there is nothing, and other methods are refused', async () => {
    const url = `http://127.0.0.1:${await serve(layered(), (key) => key ?? null)}/quota`
    const head = await fetch(url, { method: 'HEAD', headers: { 'x-key': 'acme/ann' } })
    expect([head.status, await head.text(), head.headers.get('cache-control')]).toEqual([200, '', 'no-store'])
    expect((await fetch(url)).status).toBe(404)
  })

  const problem = (status: number, title: string, code?: string) => ({ type: 'about:blank', title, status, ...(code && { code }) })
  const away = (): Limiter<string> => {
    const store = { ...memoryStore(), sync: false as const, decide: () => Promise.reject(new Error('secret host')) }
    const limits = [{ name: 'user', by: (key: string) => key, rule: tokenBucket({ capacity: 10, per: '1m' }) }]
    return createLimiter<string>({ limits, store: surviveOutages(store, { processes: 1 }) })
  }

  test.each<[what: string, identify: Identify, limiter: () => Limiter<string>, status: number, body: object]>([
    ['`identify` that throws', () => fail('secret host'), layered, 500, problem(500, 'Internal Server Error', 'SLUICE_ROUTE_FUNCTION')],
    [
      '`identify` that rejects',
      async () => fail('secret host'),
      layered,
      500,
      problem(500, 'Internal Server Error', 'SLUICE_ROUTE_FUNCTION'),
    ],
    ['`identify` that answers `skip`', () => skip as never, layered, 404, problem(404, 'Not Found')],
    ['an unknown subject', () => null, layered, 404, problem(404, 'Not Found')],
    ['a subject of the wrong type', () => ({}) as never, layered, 500, { status: 500 }],
    ['a store that is away', () => 'ann', away, 200, { version: 1, state: 'unknown', retryAfterMs: null, limits: [] }],
  ])('%s is answered as data, whatever the client accepts, and tells nothing else', async (_what, identify, limiter, status, body) => {
    vi.spyOn(process, 'emitWarning').mockReturnValue()
    onTestFinished(() => void vi.restoreAllMocks())
    const url = `http://127.0.0.1:${await serve(limiter(), identify)}/quota?key=acme/ann`
    for (const accept of ['*/*', 'text/html', `${'a/b;q=0.1,'.repeat(300)}x`, ';;,,\t=""', 'application/xml;q=0']) {
      const answer = await fetch(url, { headers: { accept, 'x-key': 'acme/ann' } })
      const text = await answer.text()
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([status, 'no-store'])
      expect(answer.headers.get('content-type')).toMatch(status === 200 ? /^application\/json/ : /^application\/problem\+json/)
      expect(JSON.parse(text)).toMatchObject(body)
      expect(text).not.toMatch(/secret|ann|acme/)
    }
  })
})

function fail(message: string): never {
  throw new Error(message)
}

describe.each(Object.entries(guarded))('with the limits of a guard, on %s', (_name, serve) => {
  const ip: HttpLimit = { name: 'ip', rule: tokenBucket({ capacity: 10, per: '1h' }) }
  const hidden: HttpLimit = {
    name: 'capacity',
    by: () => 'all',
    rule: tokenBucket({ capacity: 1, per: '1h' }),
    disclose: false,
    shadow: true,
  }

  test('a caller sees the quota of its address as the schema says, and is charged nothing', async () => {
    const url = `http://127.0.0.1:${await serve({ limits: [ip, hidden] })}`
    for (let i = 0; i < 3; i++) expect((await fetch(`${url}/`)).status).toBe(200)
    const body = (await (await fetch(`${url}/quota`)).json()) as { readonly limits: unknown }
    expect(isQuota(body), JSON.stringify(isQuota.errors)).toBe(true)
    expect(body).toMatchObject({ state: 'ok', limits: [{ name: 'ip', used: 3, remaining: 7 }] })
    expect(body.limits).toHaveLength(1)
    expect((await fetch(`${url}/`)).headers.get('ratelimit')).toContain('r=6')
  })

  test('an address on the deny list is told nothing', async () => {
    const url = `http://127.0.0.1:${await serve({ limits: [ip], denyList: ['127.0.0.0/8'] })}`
    const answer = await fetch(`${url}/quota`)
    expect([403, 404]).toContain(answer.status)
    expect(await answer.text()).not.toMatch(/ip|limits/)
  })
})
