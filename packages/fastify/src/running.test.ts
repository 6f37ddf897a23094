/** What an application has while it runs: `app.sluice`, HTTP/2, and an end. */
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { quotaOf } from '@sluice/conformance/adapter'
import { createLimiter, type LimiterEvent, memoryStore, tokenBucket } from '@sluice/core'
import { failuresOnly } from '@sluice/http'
import Fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import { bind } from './options.ts'
import sluiceByDefault, { sluice } from './plugin.ts'

const rule = tokenBucket({ capacity: 2, per: '1h' })
const limits = [{ name: 'ip', rule }]
const ok = async (): Promise<string> => 'ok'
const me = '127.0.0.1'

test('is exported by name and by default', () => {
  expect(sluiceByDefault).toBe(sluice)
})

describe('app.sluice', () => {
  test('inspects, resets and blocks', async () => {
    const app = Fastify()
    await app.register(sluice, { limits })
    app.get('/', ok)
    await app.inject('/')
    expect(await app.sluice.inspect('ip', me)).toMatchObject({ capacity: 2, remaining: 1 })
    await app.sluice.block('ip', me, '1m')
    expect((await app.inject('/')).headers['retry-after']).toBe('60')
    await app.sluice.reset('ip', me)
    expect(quotaOf(await app.inject('/'))).toMatchObject({ ip: { r: 1 } })
    await app.close()
  })

  test('listens, to the limits of routes as well', async () => {
    const events: LimiterEvent[] = []
    const app = Fastify()
    await app.register(sluice, { limits })
    const stop = app.sluice.observe((event) => events.push(event))
    app.get('/', { config: { sluice: { limits: [{ name: 'route', by: () => 'all', rule }] } } }, ok)
    await app.inject('/')
    stop()
    await app.inject('/')
    expect(events.map((event) => event.type === 'decision' && event.decision.limits.map(({ name }) => name))).toEqual([['ip'], ['route']])
  })
})

describe('closing an application', () => {
  test('ends its limiters, and the store that it made itself', async () => {
    const app = Fastify()
    await app.register(sluice, { limits })
    app.get('/', ok)
    await app.inject('/')
    await app.close()
    expect(() => app.sluice.inspect('ip', me)).toThrow('SLUICE_CLOSED')
  })

  test('leaves the store and the limiters of the application alone', async () => {
    const store = memoryStore()
    const limiter = createLimiter<string>({ store, limits: [{ name: 'job', by: (id) => id, rule }] })
    const app = Fastify()
    app.register(sluice, { store, limits, limiter: bind(limiter, () => 'u1') })
    app.get('/', ok)
    await app.inject('/')
    await app.close()
    expect(limiter.consume('u1')).toMatchObject({ allowed: true, limits: [{ remaining: 0 }] })
  })

  test('waits for nobody whose settlement is in flight', async () => {
    const app = Fastify()
    app.register(sluice, { limits: [{ name: 'ip', rule, settle: failuresOnly }] })
    app.get('/', ok)
    await app.inject('/')
    await app.close()
  })
})

test('a request that is injected is settled too', async () => {
  const app = Fastify()
  await app.register(sluice, { limits: [{ name: 'ip', rule, settle: failuresOnly }] })
  app.get('/', ok)
  await app.inject('/')
  await app.inject('/nowhere')
  await new Promise((resolve) => setImmediate(resolve))
  expect(await app.sluice.inspect('ip', me)).toMatchObject({ remaining: 1 })
})

describe('HTTP/2', () => {
  test('is limited and told as HTTP/1.1 is, and settled when its streams end or break', async () => {
    const app = Fastify({ http2: true })
    let aborted = 0
    await app.register(sluice, {
      limits: [
        { name: 'ip', rule },
        { name: 'settled', rule: tokenBucket({ capacity: 10, per: '1h' }), settle: (response) => (response.aborted ? ++aborted : 0) },
      ],
    })
    app.get('/', ok)
    app.get('/never', () => new Promise(() => undefined))
    await app.listen({ host: '127.0.0.1', port: 0 })
    const client = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
    const ask = (path: string) => client.request({ ':path': path })
    const headersOf = (path: string) => new Promise<Record<string, unknown>>((resolve) => ask(path).on('response', resolve).resume())

    const passed = await headersOf('/')
    expect(passed[':status']).toBe(200)
    expect(quotaOf({ headers: passed })).toMatchObject({ ip: { r: 1 } })

    const broken = ask('/never')
    broken.on('error', () => undefined)
    await expect.poll(() => app.sluice.inspect('ip', me)).toMatchObject({ remaining: 0 })
    broken.destroy()
    await expect.poll(() => aborted).toBe(1)

    const refused = await headersOf('/')
    expect(refused[':status']).toBe(429)
    expect(refused['retry-after']).toBe('1800')
    client.destroy()
    await app.close()
  })
})
