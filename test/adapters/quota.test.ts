/** The quota endpoint on every adapter: the same answer, which its schema describes, and no charge. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { createLimiter, type Limiter, memoryStore, shareOf, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import * as onExpress from '@sluice/express'
import * as onFastify from '@sluice/fastify'
import * as onHono from '@sluice/hono'
import { quota as quotaFetch } from '@sluice/http/fetch'
import { Ajv2020 } from 'ajv/dist/2020.js'
import express from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

type Identify = (key: string | undefined) => string | null | Promise<string>

/** Serves the endpoint at `/quota`. @returns its port */
type Serve = (limiter: Limiter<string>, identify: Identify) => Promise<number>

async function listening(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<number> {
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

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

  test('a failure says nothing of it', async () => {
    vi.spyOn(process, 'emitWarning').mockReturnValue()
    const url = `http://127.0.0.1:${await serve(layered(), async () => Promise.reject(new Error('secret host')))}/quota`
    const answer = await fetch(url)
    expect([answer.status, await answer.json()]).toEqual([
      500,
      { type: 'about:blank', title: 'Internal Server Error', status: 500, code: 'SLUICE_ROUTE_FUNCTION' },
    ])
    vi.restoreAllMocks()
  })
})
