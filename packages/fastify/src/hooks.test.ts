/** When limits are decided, and what of the application sees a refusal. */

import cors from '@fastify/cors'
import { quotaOf } from '@sluice/conformance/adapter'
import { tokenBucket } from '@sluice/core'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import { describe, expect, test } from 'vitest'
import type { FastifyLimit } from './options.ts'
import { sluice } from './plugin.ts'

const rule = tokenBucket({ capacity: 1, per: '1h' })
const ok = async (): Promise<string> => 'ok'

interface Known extends FastifyRequest {
  user?: string
}

/** The plugin of an application, at the root as most are, that says who the user is in `hook`. */
const auth = plugin(async (app: FastifyInstance, { hook }: { hook: 'onRequest' | 'preHandler' }) => {
  app.addHook(hook as 'onRequest', async (request: Known) => {
    request.user = String(request.headers.authorization)
  })
})

describe('a limit with a key of its own', () => {
  const user: FastifyLimit = { name: 'user', by: (request: Known) => request.user!, rule }
  const asks = (authorization: string) => ({ url: '/', headers: { authorization } })

  test.each(['onRequest', 'preHandler'] as const)(
    'knows the user from a plugin that works in %s, registered before or after',
    async (hook) => {
      for (const order of [
        [sluice, auth],
        [auth, sluice],
      ] as const) {
        const app = Fastify()
        for (const one of order) {
          if (one === auth) app.register(auth, { hook })
          else app.register(sluice, { limits: [user] })
        }
        app.get('/', ok)
        const statuses = [await app.inject(asks('u1')), await app.inject(asks('u2')), await app.inject(asks('u1'))].map(
          (reply) => reply.statusCode,
        )
        expect(statuses).toEqual([200, 200, 429])
      }
    },
  )

  test('knows the user from a preHandler of the route itself', async () => {
    const app = Fastify()
    app.register(sluice, { limits: [user] })
    const preHandler = async (request: Known): Promise<void> => {
      request.user = String(request.headers.authorization)
    }
    app.get('/', { preHandler }, ok)
    app.get('/several', { preHandler: [async () => undefined, preHandler] }, ok)
    expect(quotaOf(await app.inject(asks('u1')))).toMatchObject({ user: { r: 0 } })
    expect((await app.inject({ ...asks('u1'), url: '/several' })).statusCode).toBe(429)
    expect((await app.inject({ ...asks('u2'), url: '/several' })).statusCode).toBe(200)
  })

  test('knows the user from a hook of its own context, which was declared after the guard or before it', async () => {
    for (const isBefore of [true, false]) {
      const app = Fastify()
      const child = async (inner: FastifyInstance): Promise<void> => {
        inner.addHook('preHandler', async (request: Known) => {
          request.user = String(request.headers.authorization)
        })
        inner.get('/', ok)
      }
      if (isBefore) app.register(child)
      app.register(sluice, { limits: [user] })
      if (!isBefore) app.register(child)
      const replies = [await app.inject(asks('u1')), await app.inject(asks('u2')), await app.inject(asks('u1'))]
      expect(replies.map((reply) => reply.statusCode)).toEqual([200, 200, 429])
    }
  })

  test('knows the validated body', async () => {
    const app = Fastify()
    app.register(sluice, {
      limits: [{ name: 'account', by: (request: FastifyRequest<{ Body: { account: number } }>) => request.body.account, rule }],
    })
    const schema = { body: { type: 'object', properties: { account: { type: 'integer' } }, required: ['account'] } }
    app.post('/', { schema }, ok)
    const post = async (payload: object): Promise<number> => (await app.inject({ method: 'POST', url: '/', payload })).statusCode
    expect([await post({ account: 7 }), await post({ account: '7' }), await post({ account: 8 }), await post({})]).toEqual([
      200, 429, 200, 400,
    ])
  })

  test('is not asked where a preHandler before it has answered', async () => {
    const app = Fastify()
    app.register(sluice, { limits: [user] })
    app.get('/', { preHandler: async (_request, reply) => reply.code(401).send('who?') }, ok)
    await app.inject('/')
    const reply = await app.inject('/')
    expect(reply.statusCode).toBe(401)
    expect(quotaOf(reply)).toEqual({})
  })
})

describe('a limit by the address', () => {
  test('is decided before the body is read', async () => {
    const app = Fastify()
    app.register(sluice, { limits: [{ name: 'ip', rule, initial: 0 }] })
    let parsed = false
    app.addContentTypeParser('application/x-own', { parseAs: 'string' }, async () => {
      parsed = true
    })
    app.post('/', ok)
    const reply = await app.inject({ method: 'POST', url: '/', headers: { 'content-type': 'application/x-own' }, payload: 'x' })
    expect(reply.statusCode).toBe(429)
    expect(parsed).toBe(false)
  })
})

describe('the hook of a limit', () => {
  const orderOf = async (limit: FastifyLimit): Promise<readonly string[]> => {
    const order: string[] = []
    const app = Fastify()
    app.register(sluice, { limits: [{ ...limit, when: () => order.push('limit') > 0 }] })
    app.addHook('preParsing', async () => void order.push('preParsing'))
    app.get('/', { preHandler: async () => void order.push('preHandler') }, ok)
    await app.inject('/')
    return order
  }

  test.each<[FastifyLimit, readonly string[]]>([
    [{ name: 'ip', rule }, ['limit', 'preParsing', 'preHandler']],
    [{ name: 'ip', rule, hook: 'preHandler' }, ['preParsing', 'preHandler', 'limit']],
    [{ name: 'user', by: () => 'u1', rule }, ['preParsing', 'preHandler', 'limit']],
    [{ name: 'user', by: () => 'u1', rule, hook: 'onRequest' }, ['limit', 'preParsing', 'preHandler']],
  ])('%o is decided in its place', async (limit, order) => {
    expect(await orderOf(limit)).toEqual(order)
  })
})

describe('a refusal', () => {
  const refusing = (app: FastifyInstance): FastifyInstance => {
    app.register(sluice, { limits: [{ name: 'ip', rule, initial: 0 }] })
    app.get('/', ok)
    return app
  }

  test('is no error: no error handler and no onError hook sees it', async () => {
    const seen: string[] = []
    const app = refusing(Fastify())
    app.setErrorHandler((_error, _request, reply) => {
      seen.push('errorHandler')
      return reply.send('an error')
    })
    app.addHook('onError', async () => void seen.push('onError'))
    expect((await app.inject('/')).statusCode).toBe(429)
    expect(seen).toEqual([])
  })

  test('is logged as any response, and not as an error', async () => {
    const lines: { level: number; msg: string }[] = []
    const app = refusing(Fastify({ logger: { level: 'info', stream: { write: (line: string) => void lines.push(JSON.parse(line)) } } }))
    await app.inject('/')
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [30, 'incoming request'],
      [30, 'request completed'],
    ])
  })

  test('passes through onSend and onResponse as any response', async () => {
    const app = refusing(Fastify())
    const seen: number[] = []
    app.addHook('onSend', async (_request, reply, payload) => {
      reply.header('x-seen', reply.statusCode)
      return payload
    })
    app.addHook('onResponse', async (_request, reply) => void seen.push(reply.statusCode))
    expect((await app.inject('/')).headers['x-seen']).toBe('429')
    expect(seen).toEqual([429])
  })

  test('carries the headers of plugins that were registered before', async () => {
    const app = Fastify()
    app.register(cors, { origin: 'https://shop.example', exposedHeaders: ['RateLimit'] })
    const reply = await refusing(app).inject({ url: '/', headers: { origin: 'https://shop.example' } })
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-expose-headers': 'RateLimit',
    })
  })

  test.each<[string, (reply: { send(payload: unknown): unknown }) => unknown, string]>([
    ['sends', (reply) => reply.send('own'), 'own'],
    ['sends and returns nothing', (reply) => void reply.send('own'), 'own'],
    ['returns', () => 'own', 'own'],
    ['returns later', async () => ({ own: true }), '{"own":true}'],
    ['sends later', async (reply) => reply.send('own'), 'own'],
  ])('is answered by an onRefused that %s', async (_how, onRefused, body) => {
    const app = Fastify()
    app.register(sluice, { limits: [{ name: 'ip', rule, initial: 0 }], onRefused: (_request, reply) => onRefused(reply) })
    app.get('/', ok)
    const reply = await app.inject('/')
    expect(reply.body).toBe(body)
    expect(reply.statusCode).toBe(429)
    expect(reply.headers).toMatchObject({ 'retry-after': '3600', 'cache-control': 'no-store' })
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
  ])('whose onRefused %s goes to the error handler', async (_how, onRefused) => {
    const app = Fastify()
    app.register(sluice, { limits: [{ name: 'ip', rule, initial: 0 }], onRefused })
    app.setErrorHandler((error: Error, _request, reply) => reply.code(500).send(`handled: ${error.message}`))
    app.get('/', ok)
    const reply = await app.inject('/')
    expect([reply.statusCode, reply.body]).toEqual([500, 'handled: no'])
  })
})

test('a fault goes to the error handler, as the error that it is', async () => {
  const app = Fastify()
  app.register(sluice, { limits: [{ name: 'user', by: () => Promise.reject(new Error('no')), rule }] })
  app.setErrorHandler((error: Error & { code: string }, _request, reply) => reply.code(500).send(`${error.code} < ${String(error.cause)}`))
  app.get('/', ok)
  expect((await app.inject('/')).body).toBe('SLUICE_FUNCTION < Error: no')
})
