import { remainingOf } from '@sluice/conformance/adapter'
import { tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import express5, { type Request, type RequestHandler } from 'express'
import express4 from 'express4'
import { describe, expect, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'

const hourly = (name: string, capacity: number): HttpLimit<Request> => ({ name, rule: tokenBucket({ capacity, per: '1h' }) })

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
    expect(remainingOf(refused)).toEqual({ ip: 0 })
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
    expect(remainingOf(response)).toEqual({ ip: 4 })
  })

  test('a refused upload is answered before its body has come, and the connection goes on', async () => {
    const app = express()
    app.use(sluice({ limits: [{ ...hourly('uploads', 1), cost: () => 2 }] }))
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
})
