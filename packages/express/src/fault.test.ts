import { createServer } from 'node:http'
import { tokenBucket } from '@sluice/core'
import express5, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import express4 from 'express4'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { serve } from '../test/serve.ts'
import { answerFault } from './fault.ts'
import { nodeSluice, sluice } from './middleware.ts'

const by = (): never => {
  throw new Error('secret of the application')
}
const limits = [{ name: 'shards-of-acme', by, rule: tokenBucket({ capacity: 1, per: '1h' }) }]
const problem = { type: 'about:blank', title: 'Internal Server Error', status: 500, code: 'SLUICE_FUNCTION' }
const ok: RequestHandler = (_request, response) => void response.send('ok')
const handled: ErrorRequestHandler = (error, _request, response, _next) => void response.status(502).send(`handled ${error.code}`)

let printed: ReturnType<typeof vi.spyOn>

beforeEach(() => {
  vi.restoreAllMocks()
  printed = vi.spyOn(console, 'error').mockImplementation(() => {})
})

async function answerOf(app: Parameters<typeof serve>[0], path = '/'): Promise<[number, string | null, unknown]> {
  const { url } = await serve(app)
  const reply = await fetch(url + path)
  const text = await reply.text()
  return [reply.status, reply.headers.get('content-type'), text.startsWith('{') ? JSON.parse(text) : text]
}

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('a fault under %s', (_version, express) => {
  test('is answered with its code where the application has no error handler, and printed as Express prints errors', async () => {
    const app: Express = express()
    app.use(sluice({ limits }))
    app.set('env', 'development')
    expect(await answerOf(app)).toEqual([500, 'application/problem+json', problem])
    expect(printed).toHaveBeenCalledWith(expect.objectContaining({ facts: { function: 'by', name: 'shards-of-acme' } }))
  })

  const guard = sluice({ limits })
  const places: [string, (app: Express) => unknown][] = [
    ['after everything', (app) => app.get('/', guard, ok).use(handled)],
    ['on the route', (app) => app.get('/', guard, ok, handled)],
    ['in a router', (app) => app.use(express.Router().get('/', guard, ok).use(handled))],
    ['after a router', (app) => app.use(express.Router().get('/', guard, ok)).use(handled)],
    ['around a mounted application', (app) => app.use(express().get('/', guard, ok)).use(handled)],
    ['in a mounted application', (app) => app.use(express().get('/', guard, ok).use(handled))],
  ]

  test.each(places)('is answered by an error handler %s', async (_where, declare) => {
    const app: Express = express()
    declare(app)
    expect(await answerOf(app)).toEqual([502, expect.stringContaining('text/html'), 'handled SLUICE_FUNCTION'])
  })
})

test('a fault goes to the end of a chain without a framework, which can answer it', async () => {
  const guard = nodeSluice({ limits })
  const server = createServer((request, response) =>
    guard(request, response, (error) => (error === undefined ? response.end('ok') : answerFault(request, response, error))),
  )
  expect(await answerOf((request, response) => server.emit('request', request, response))).toEqual([
    500,
    'application/problem+json',
    problem,
  ])
})

test('an error that is not of sluice is answered without a code, and no text of it', async () => {
  const answer = await answerOf((request, response) => answerFault(request, response, new Error('secret')))
  expect(answer).toEqual([500, 'application/problem+json', { type: 'about:blank', title: 'Internal Server Error', status: 500 }])
})

test('an answer that has begun is cut off', async () => {
  const { url } = await serve((request, response) => {
    response.write('begun')
    answerFault(request, response, new Error('secret'))
  })
  await expect(fetch(url).then((reply) => reply.text())).rejects.toThrow()
})
