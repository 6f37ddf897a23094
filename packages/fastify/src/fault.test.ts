/** Who answers a request that failed in sluice. */
import { tokenBucket } from '@sluice/core'
import Fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, test, vi } from 'vitest'
import { sluice } from './plugin.ts'

const by = (): never => {
  throw new Error('secret of the application')
}
const limits = [{ name: 'shards-of-acme', by, rule: tokenBucket({ capacity: 1, per: '1h' }) }]
const ok = async (): Promise<string> => 'ok'
const problem = { type: 'about:blank', title: 'Internal Server Error', status: 500, code: 'SLUICE_FUNCTION' }
const handled = (error: Error & { code?: string }, _request: unknown, reply: { code(status: number): { send(text: string): unknown } }) =>
  void reply.code(502).send(`handled ${error.code}`)

test('the error handler of Fastify itself logs it, and the answer says its code', async () => {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'error', stream: { write: (line: string) => void lines.push(line) } } })
  const onError = vi.fn(async () => {})
  app.register(sluice, { limits })
  app.addHook('onError', onError)
  app.get('/', ok)
  const reply = await app.inject('/')
  expect([reply.statusCode, reply.headers['content-type'], reply.json()]).toEqual([
    500,
    expect.stringContaining('application/problem+json'),
    problem,
  ])
  expect(onError).toHaveBeenCalledOnce()
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('shards-of-acme')
})

test.each(['onRequest', 'preHandler'] as const)('a fault in %s is answered once', async (hook) => {
  const app = Fastify()
  const onSend = vi.fn(async () => {})
  app.register(sluice, { limits: [{ ...limits[0]!, hook }] })
  app.addHook('onSend', onSend)
  app.get('/', ok)
  expect((await app.inject('/')).json()).toEqual(problem)
  expect(onSend).toHaveBeenCalledOnce()
})

describe('an error handler of the application comes first', () => {
  const places: [string, (app: FastifyInstance) => void][] = [
    [
      'of the whole application',
      (app) => {
        app.setErrorHandler(handled)
        app.get('/', ok)
      },
    ],
    ['of the route', (app) => void app.get('/', { errorHandler: handled }, ok)],
    [
      'of a child context',
      (app) =>
        void app.register(async (child) => {
          child.setErrorHandler(handled)
          child.get('/', ok)
        }),
    ],
    [
      'called as that of Fastify is',
      (app) => {
        app.setErrorHandler(function defaultErrorHandler(error, request, reply) {
          handled(error as Error, request, reply)
        })
        app.get('/', ok)
      },
    ],
    [
      'around a child context whose own handler passes it on',
      (app) => {
        app.setErrorHandler(handled)
        app.register(async (child) => {
          child.setErrorHandler((error) => {
            throw error
          })
          child.get('/', ok)
        })
      },
    ],
  ]

  test.each(places)('%s', async (_where, declare) => {
    const app = Fastify()
    app.register(sluice, { limits })
    declare(app)
    const reply = await app.inject('/')
    expect([reply.statusCode, reply.body]).toEqual([502, 'handled SLUICE_FUNCTION'])
  })
})

test('a handler of the route that passes it on leaves the answer to sluice', async () => {
  const app = Fastify()
  app.register(sluice, { limits })
  app.get('/', { errorHandler: (error, _request, reply) => void reply.send(error) }, ok)
  const reply = await app.inject('/')
  expect([reply.json().code, reply.headers['content-type']]).toEqual([
    'SLUICE_FUNCTION',
    expect.stringContaining('application/problem+json'),
  ])
})
