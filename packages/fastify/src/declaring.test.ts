/** Whatever is declared, wherever and whenever, is guarded. */

import { quotaOf } from '@sluice/conformance/adapter'
import { tokenBucket } from '@sluice/core'
import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { FastifyLimit } from './options.ts'
import { sluice } from './plugin.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const ip: FastifyLimit = { name: 'ip', rule }
const user: FastifyLimit = { name: 'user', by: () => 'u1', rule }
const ok = async (): Promise<string> => 'ok'

/** The limits that a response tells of. */
async function limitsAt(app: FastifyInstance, url: string, method: 'GET' | 'HEAD' | 'POST' = 'GET'): Promise<readonly string[]> {
  return Object.keys(quotaOf(await app.inject({ method, url })))
}

describe.each([
  ['awaited', async (app: FastifyInstance) => void (await app.register(sluice, { limits: [ip, user] }))],
  ['not awaited', async (app: FastifyInstance) => void app.register(sluice, { limits: [ip, user] })],
])('a registration that is %s guards', (_how, register) => {
  test('routes declared after it', async () => {
    const app = Fastify()
    await register(app)
    app.get('/', ok)
    expect(await limitsAt(app, '/')).toEqual(['ip', 'user'])
  })

  test('routes declared before it', async () => {
    const app = Fastify()
    app.get('/', ok)
    await register(app)
    expect(await limitsAt(app, '/')).toEqual(['ip', 'user'])
  })

  test('child contexts declared before and after it, however deep', async () => {
    const app = Fastify()
    app.register(async (child) => void child.get('/before', ok))
    await register(app)
    app.register(async (child) => {
      child.get('/after', ok)
      child.register(async (grandchild) => void grandchild.get('/deep', ok))
    })
    for (const url of ['/before', '/after', '/deep']) expect(await limitsAt(app, url), url).toEqual(['ip', 'user'])
  })

  test('prefixes, with and without a slash at the end', async () => {
    const app = Fastify()
    app.register(async (child) => void child.get('/', ok), { prefix: '/before' })
    await register(app)
    app.register(async (child) => void child.get('/', ok), { prefix: '/after' })
    for (const url of ['/before', '/before/', '/after', '/after/']) expect(await limitsAt(app, url), url).toEqual(['ip', 'user'])
  })

  test('HEAD, once', async () => {
    const app = Fastify()
    await register(app)
    app.get('/', ok)
    const [, reply] = [await app.inject({ method: 'HEAD', url: '/' }), await app.inject({ method: 'HEAD', url: '/' })]
    expect(quotaOf(reply)).toMatchObject({ ip: { r: 8 }, user: { r: 8 } })
  })

  test('404s, of its own handler and of one in a child', async () => {
    const app = Fastify()
    app.register(async (child) => void child.setNotFoundHandler((_request, reply) => reply.code(404).send('not in the child')), {
      prefix: '/before',
    })
    await register(app)
    app.register(async (child) => void child.setNotFoundHandler((_request, reply) => reply.code(404).send('not in the child')), {
      prefix: '/after',
    })
    for (const url of ['/nowhere', '/before/nowhere', '/after/nowhere']) {
      const reply = await app.inject(url)
      expect(reply.statusCode).toBe(404)
      expect(quotaOf(reply), url).toMatchObject({ ip: {}, user: {} })
    }
  })

  test('404s whose handler is set later, with hooks of its own', async () => {
    const app = Fastify()
    await register(app)
    const order: string[] = []
    const preHandler = async (): Promise<void> => void order.push('preHandler')
    app.setNotFoundHandler({ preHandler }, (_request, reply) => reply.code(404).send('nothing'))
    expect(await limitsAt(app, '/nowhere')).toEqual(['ip', 'user'])
    expect(order).toEqual(['preHandler'])
  })

  test('what a handler answers with callNotFound, once', async () => {
    const app = Fastify()
    await register(app)
    app.get('/', (_request, reply) => reply.callNotFound())
    const reply = await app.inject('/')
    expect(reply.statusCode).toBe(404)
    expect(quotaOf(reply)).toMatchObject({ ip: { r: 9 }, user: { r: 9 } })
  })

  test('routes of several methods, and of every method', async () => {
    const app = Fastify()
    await register(app)
    app.route({ method: ['GET', 'POST'], url: '/two', handler: ok })
    app.all('/all', ok)
    expect(await limitsAt(app, '/two', 'POST')).toEqual(['ip', 'user'])
    expect(await limitsAt(app, '/all', 'POST')).toEqual(['ip', 'user'])
  })
})

describe('what other plugins see of routes, and say for them', () => {
  test('a route has a preHandler of ours only where something is decided late', async () => {
    const hooksOf = async (limits: readonly FastifyLimit[]): Promise<unknown> => {
      const app = Fastify()
      const routes: RouteOptions[] = []
      app.addHook('onRoute', (route) => void routes.push(route))
      app.get('/', ok)
      app.register(sluice, { limits })
      await app.ready()
      return routes.map(({ preHandler }) => (preHandler === undefined ? 0 : [preHandler].flat().length))
    }
    expect(await hooksOf([ip])).toEqual([0, 0])
    expect(await hooksOf([ip, user])).toEqual([1, 1])
  })

  test('limits that another plugin adds to a route are decided', async () => {
    const app = Fastify()
    app.addHook('onRoute', (route) => {
      route.config = { ...route.config, sluice: { limits: [user] } }
    })
    app.register(sluice, { limits: [ip] })
    app.get('/', ok)
    expect(await limitsAt(app, '/')).toEqual(['ip', 'user'])
  })
})

describe('a registration in a child', () => {
  test('guards the child alone', async () => {
    const app = Fastify()
    app.register(async (child) => {
      child.register(sluice, { limits: [ip] })
      child.get('/inside', ok)
    })
    app.get('/outside', ok)
    expect(await limitsAt(app, '/inside')).toEqual(['ip'])
    expect(await limitsAt(app, '/outside')).toEqual([])
    expect(await limitsAt(app, '/nowhere')).toEqual([])
  })

  test('has nothing to do with its siblings', async () => {
    const app = Fastify()
    for (const prefix of ['/a', '/b']) {
      app.register(
        async (child) => {
          child.register(sluice, { limits: [ip] })
          child.get('/', ok)
        },
        { prefix },
      )
    }
    await app.inject('/a')
    expect(quotaOf(await app.inject('/a'))).toMatchObject({ ip: { r: 8 } })
    expect(quotaOf(await app.inject('/b'))).toMatchObject({ ip: { r: 9 } })
  })
})

test('two applications in one process do not meet', async () => {
  const apps = [Fastify(), Fastify()]
  for (const app of apps) {
    app.register(sluice, { limits: [ip] })
    app.get('/', ok)
  }
  await apps[0]!.inject('/')
  expect(quotaOf(await apps[0]!.inject('/'))).toMatchObject({ ip: { r: 8 } })
  expect(quotaOf(await apps[1]!.inject('/'))).toMatchObject({ ip: { r: 9 } })
  await apps[0]!.close()
  expect(quotaOf(await apps[1]!.inject('/'))).toMatchObject({ ip: { r: 8 } })
})

test('an application without sluice works as if it had never been imported', async () => {
  const app = Fastify()
  app.get('/', { preHandler: async (request) => void request.headers }, ok)
  expect((await app.inject('/')).body).toBe('ok')
  expect(app.hasDecorator('sluice')).toBe(false)
})

describe('a mistake is told by its code', () => {
  test.each<[what: string, use: (app: FastifyInstance) => unknown]>([
    ['a plugin that was called without arguments', (app) => app.register((sluice as unknown as () => never)())],
    [
      'a plugin that was called with its options',
      (app) => app.register((sluice as unknown as (options: object) => never)({ limits: [ip] })),
    ],
  ])('%s', (_what, use) => {
    expect(() => use(Fastify())).toThrow('SLUICE_PLUGIN')
  })

  test('a plugin that was used as a hook', async () => {
    const app = Fastify().addHook('onRequest', sluice as never)
    app.get('/', ok)
    expect((await app.inject('/')).json()).toMatchObject({ statusCode: 500, message: expect.stringContaining('SLUICE_PLUGIN') })
  })

  test.each([{ max: 5 }, false])('config.rateLimit: %j, which no plugin reads', async (rateLimit) => {
    const app = Fastify()
    app.register(sluice, { limits: [ip] })
    app.get('/left', { config: { rateLimit } as object }, ok)
    await expect(app.ready()).rejects.toThrow('SLUICE_RATE_LIMIT: The route GET /left has config.rateLimit')
  })

  test('config.rateLimit stays where its own plugin reads it', async () => {
    const app = Fastify()
    app.decorate('rateLimit', (() => undefined) as never)
    app.register(sluice, { limits: [ip] })
    app.get('/', { config: { rateLimit: { max: 5 } } as object }, ok)
    expect(await limitsAt(app, '/')).toEqual(['ip'])
  })

  test.each([
    [{ limits: [] }, true],
    [{ denyList: ['192.0.2.1'] }, false],
    [{ limits: [ip] }, false],
  ])('an application that limits nothing: with %j, %s', async (options, warns) => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    onTestFinished(() => warned.mockRestore())
    await Fastify().register(sluice, options).ready()
    expect(warned.mock.calls.some(([, about]) => (about as { readonly code?: string })?.code === 'SLUICE_UNLIMITED')).toBe(warns)
  })
})
