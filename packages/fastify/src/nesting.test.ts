/** A second registration adds to the first, wherever it is made, or says why it cannot. */

import { quotaOf } from '@sluice/conformance/adapter'
import { createLimiter, memoryStore, tokenBucket } from '@sluice/core'
import Fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, test } from 'vitest'
import type { FastifyLimit, FastifySluice } from './options.ts'
import { bind } from './options.ts'
import { sluice } from './plugin.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const ok = async (): Promise<string> => 'ok'
const named = (name: string): FastifyLimit => ({ name, rule })
const [a, b, c] = ['a', 'b', 'c'].map(named) as [FastifyLimit, FastifyLimit, FastifyLimit]

async function limitsAt(app: FastifyInstance, url: string): Promise<readonly string[]> {
  return Object.keys(quotaOf(await app.inject(url)))
}

function inChild(app: FastifyInstance, options: FastifySluice, url = '/child'): void {
  app.register(async (child) => {
    child.register(sluice, options)
    child.get(url, ok)
  })
}

describe('a second registration', () => {
  test('on the same instance adds its limits', async () => {
    const app = Fastify()
    app.register(sluice, { limits: [a] })
    app.register(sluice, { limits: [b] })
    app.get('/', ok)
    expect(await limitsAt(app, '/')).toEqual(['a', 'b'])
  })

  test('further in adds its limits there', async () => {
    const app = Fastify()
    app.register(sluice, { limits: [a] })
    inChild(app, { limits: [b] })
    app.get('/', ok)
    expect(await limitsAt(app, '/')).toEqual(['a'])
    expect(await limitsAt(app, '/child')).toEqual(['a', 'b'])
  })

  test('on the outer instance after one further in adds its limits there too', async () => {
    const app = Fastify()
    app.register(sluice, { limits: [a] })
    inChild(app, { limits: [b] })
    app.register(sluice, { limits: [c] })
    app.get('/', ok)
    expect(await limitsAt(app, '/')).toEqual(['a', 'c'])
    expect(await limitsAt(app, '/child')).toEqual(['a', 'c', 'b'])
  })

  test('may begin afresh', async () => {
    const app = Fastify()
    app.register(sluice, { limits: [a] })
    inChild(app, { inherit: false, limits: [b] })
    app.get('/', ok)
    expect(await limitsAt(app, '/child')).toEqual(['b'])
    expect(await limitsAt(app, '/')).toEqual(['a'])
  })

  test('charges nobody when what it added refuses', async () => {
    const app = Fastify()
    app.register(sluice, { limits: [a] })
    inChild(app, { limits: [{ ...b, by: () => 'all', rule: tokenBucket({ capacity: 1, per: '1h' }) }] })
    await app.inject('/child')
    const refused = await app.inject('/child')
    expect(refused.statusCode).toBe(429)
    expect(quotaOf(refused)).toMatchObject({ a: { r: 9 }, b: { r: 0 } })
  })

  test('takes the store of the first, or names it again', async () => {
    const store = memoryStore()
    const app = Fastify()
    app.register(sluice, { store, limits: [a] })
    inChild(app, { store, limits: [b] })
    expect(await limitsAt(app, '/child')).toEqual(['a', 'b'])
    const limiter = createLimiter<string>({ store, limits: [{ name: 'c', by: (id) => id, rule }] })
    const bound = Fastify()
    bound.register(sluice, { store, limits: [a] })
    inChild(bound, { limiter: bind(limiter, () => 'u1') })
    expect(await limitsAt(bound, '/child')).toEqual(['a', 'c'])
  })

  test('cannot have another store', async () => {
    const app = Fastify()
    app.register(sluice, { limits: [a] })
    inChild(app, { store: memoryStore(), limits: [b] })
    await expect(app.ready()).rejects.toMatchObject({ code: 'SLUICE_TWO_STORES' })
  })

  test.each<FastifySluice>([
    { headers: false },
    { trust: ['10.0.0.0/8'] },
    { ipv6Prefix: 64 },
    { allowList: ['10.0.0.0/8'] },
    { denyList: ['10.0.0.0/8'] },
    { message: 'No.' },
    { body: () => 'No.' },
    { preflight: 'count' },
    { onFault: 'deny' },
    { observe: () => undefined },
    { onRefused: () => undefined },
  ])('cannot have options of the whole guard: %o', async (options) => {
    const app = Fastify()
    app.register(sluice, { limits: [a] })
    inChild(app, options)
    await expect(app.ready()).rejects.toMatchObject({ code: 'SLUICE_NESTED', facts: { option: Object.keys(options)[0] } })
  })

  test('may leave them undefined', async () => {
    const app = Fastify()
    app.register(sluice, { limits: [a] })
    inChild(app, { headers: undefined, store: undefined, limits: [b] })
    await app.ready()
  })

  test('cannot define a name anew', async () => {
    const app = Fastify()
    app.register(sluice, { limits: [a] })
    inChild(app, { limits: [{ ...a, nearAt: 0.5 }] })
    await expect(app.ready()).rejects.toMatchObject({ code: 'SLUICE_LIMIT_TWICE' })
  })
})

describe('a registration around one that was made before it', () => {
  test('guards with both, in one set of headers', async () => {
    const app = Fastify()
    inChild(app, { limits: [b] })
    app.register(sluice, { limits: [a] })
    app.get('/', ok)
    expect((await limitsAt(app, '/child')).toSorted()).toEqual(['a', 'b'])
    expect(await limitsAt(app, '/')).toEqual(['a'])
  })

  test('cannot have another store', async () => {
    const app = Fastify()
    inChild(app, { store: memoryStore(), limits: [b] })
    app.register(sluice, { store: memoryStore(), limits: [a] })
    const reply = await app.inject('/child')
    expect(reply.statusCode).toBe(500)
    expect(reply.json()).toMatchObject({ code: 'SLUICE_TWO_STORES' })
  })
})
