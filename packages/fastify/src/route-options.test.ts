/** What a route says under `config.sluice`. */

import { quotaOf } from '@sluice/conformance/adapter'
import { createLimiter, type SluiceError, shareOf, skip, tokenBucket } from '@sluice/core'
import Fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, test } from 'vitest'
import type { FastifyLimit, FastifyRoute } from './options.ts'
import { bind } from './options.ts'
import { sluice } from './plugin.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const ip: FastifyLimit = { name: 'ip', rule }
const user: FastifyLimit = { name: 'user', by: (request) => String(request.headers['x-user']), rule }
const ok = async (): Promise<string> => 'ok'

function saying(config: FastifyRoute | false): FastifyInstance {
  const app = Fastify()
  app.register(sluice, { limits: [ip] })
  app.get('/', { config: { sluice: config } }, ok)
  return app
}

describe('a route', () => {
  test('adds limits', async () => {
    expect(quotaOf(await saying({ limits: [user] }).inject('/'))).toMatchObject({ ip: { r: 9 }, user: { r: 9 } })
  })

  test('costs what it says, of all limits', async () => {
    expect(quotaOf(await saying({ limits: [user], cost: 3 }).inject('/'))).toMatchObject({ ip: { r: 7 }, user: { r: 7 } })
  })

  test('asks a limiter of domain subjects as well', async () => {
    const limiter = createLimiter<string>({ limits: [{ name: 'api', by: (id) => id, rule }] })
    const route = { limiter: bind(limiter, (request) => request.routeOptions.url ?? skip), cost: 2 }
    expect(quotaOf(await saying(route).inject('/'))).toMatchObject({ ip: { r: 8 }, api: { r: 8 } })
  })

  test('is left alone', async () => {
    expect(quotaOf(await saying(false).inject('/'))).toEqual({})
  })

  test('inherits nothing', async () => {
    expect(quotaOf(await saying({ inherit: false }).inject('/'))).toEqual({})
    expect(Object.keys(quotaOf(await saying({ inherit: false, limits: [user] }).inject('/')))).toEqual(['user'])
  })

  test('is guarded when it says so', async () => {
    const app = saying({ when: (request) => request.headers['x-user'] !== undefined })
    expect(quotaOf(await app.inject('/'))).toEqual({})
    expect(quotaOf(await app.inject({ url: '/', headers: { 'x-user': 'u1' } }))).toMatchObject({ ip: { r: 9 } })
  })

  test.each(['throws', 'changes its mind'])(
    'asks a condition once, even one that %s, although limits are decided in two steps',
    async (how) => {
      let calls = 0
      const faults: unknown[] = []
      const when = (): boolean => {
        calls++
        if (how === 'throws') throw new Error('no')
        return calls === 1
      }
      const app = Fastify()
      app.register(sluice, { limits: [ip, user], when, onFault: 'allow', observe: (event) => event.type === 'fault' && faults.push(event) })
      app.get('/', ok)
      expect(Object.keys(quotaOf(await app.inject('/')))).toEqual(how === 'throws' ? [] : ['ip', 'user'])
      expect([calls, faults.length]).toEqual([1, how === 'throws' ? 1 : 0])
    },
  )

  test('says the same under several prefixes, and adds to what guards each of them', async () => {
    const app = Fastify()
    const config = { sluice: { cost: 2 } }
    for (const name of ['a', 'b']) {
      const child = async (inner: FastifyInstance): Promise<void> => {
        inner.register(sluice, { limits: [{ name, rule }] })
        inner.get('/', { config }, ok)
      }
      app.register(child, { prefix: `/${name}` })
    }
    expect(quotaOf(await app.inject('/a'))).toMatchObject({ a: { r: 8 } })
    expect(quotaOf(await app.inject('/b'))).toMatchObject({ b: { r: 8 } })
  })
})

const wrong: readonly (readonly [string, unknown])[] = [
  ['SLUICE_OPTION_UNKNOWN', { limit: [user] }],
  ['SLUICE_OPTION_UNKNOWN', { costs: 5 }],
  ['SLUICE_OPTION_TYPE', true],
  ['SLUICE_OPTION_TYPE', 'ip'],
  ['SLUICE_OPTION_TYPE', null],
  ['SLUICE_OPTION_TYPE', { limits: ['ip'] }],
  ['SLUICE_OPTION_TYPE', { limits: [undefined] }],
  ['SLUICE_CHOICE', { limits: [{ ...user, hook: 'onSend' }] }],
  ['SLUICE_SHARE_PARENT', { limits: [{ name: 'part', rule: shareOf('nobody', 0.5) }] }],
  ['SLUICE_SHARE_PARENT', { inherit: false, limits: [{ name: 'part', rule: shareOf('ip', 0.5) }] }],
  ['SLUICE_LIMIT_TWICE', { limits: [{ ...ip, nearAt: 0.5 }] }],
  ['SLUICE_LIMIT_CONFLICT', { limits: [{ ...ip, by: () => 'all' }] }],
]

describe.each([
  ['awaited', async (app: FastifyInstance) => void (await app.register(sluice, { limits: [ip] }))],
  ['not awaited', async (app: FastifyInstance) => void app.register(sluice, { limits: [ip] })],
])('with a registration that is %s', (_how, register) => {
  test.each(wrong)('a wrong route is found at the start, and named (%s: %o)', async (code, config) => {
    const app = Fastify()
    await register(app)
    app.get('/there', { config: { sluice: config as FastifyRoute } }, ok)
    const refused = (await Promise.resolve(app.ready()).catch((error: unknown) => error)) as SluiceError
    expect(refused).toMatchObject({ code: 'SLUICE_ROUTE', facts: { method: 'GET', url: '/there' }, cause: { code } })
    // The whole of the cause: the names that would help stand at its end.
    expect(refused.message).toContain((refused.cause as SluiceError).message)
  })

  test('one that was declared before is found as well, and one in a child', async () => {
    for (const declare of [
      (app: FastifyInstance) => app.get('/there', { config: { sluice: { bogus: 1 } as never } }, ok),
      (app: FastifyInstance) => app.register(async (child) => void child.get('/there', { config: { sluice: { bogus: 1 } as never } }, ok)),
    ]) {
      const app = Fastify()
      void declare(app)
      await register(app)
      await expect(app.ready()).rejects.toMatchObject({ code: 'SLUICE_ROUTE', facts: { url: '/there' } })
    }
  })
})

test('wrong options of the plugin reject the start, and the await of the registration', async () => {
  const wrongOptions = { limits: [{ name: 'caf\u00e9', rule }] }
  const app = Fastify()
  app.register(sluice, wrongOptions)
  await expect(app.ready()).rejects.toMatchObject({ code: 'SLUICE_LIMIT_NAME' })
  await expect(async () => Fastify().register(sluice, wrongOptions)).rejects.toMatchObject({ code: 'SLUICE_LIMIT_NAME' })
  await expect(async () => Fastify().register(sluice, { onRefused: 'x' } as never)).rejects.toMatchObject({ code: 'SLUICE_OPTION_TYPE' })
  await expect(async () => Fastify().register(sluice, { limit: [] } as never)).rejects.toMatchObject({ code: 'SLUICE_OPTION_UNKNOWN' })
})

test('options of a route that is outside of every guard are nobody\u2019s business', async () => {
  const app = Fastify()
  app.register(async (child) => void child.register(sluice, { limits: [ip] }))
  app.get('/', { config: { sluice: { bogus: 1 } as never } }, ok)
  expect((await app.inject('/')).statusCode).toBe(200)
})
