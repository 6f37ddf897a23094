import { remainingOf } from '@sluice/conformance/adapter'
import { memoryStore, tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import express5, { type ErrorRequestHandler, type Request } from 'express'
import express4 from 'express4'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'

const hourly = (name: string, capacity: number): HttpLimit<Request> => ({ name, rule: tokenBucket({ capacity, per: '1h' }) })

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('on %s', (_version, express) => {
  test('a guard made by `with` charges the outer limits too where it stands alone', async () => {
    const app = express()
    const guard = sluice({ limits: [hourly('ip', 10)] })
    app.get('/alone', guard.with({ limits: [hourly('own', 3)], cost: 2 }), (_request, response) => void response.send('ok'))
    const { url } = await serve(app)
    expect(remainingOf(await fetch(`${url}/alone`))).toEqual({ ip: 8, own: 1 })
  })

  test('the same guard in two places is asked twice and charges once', async () => {
    const app = express()
    const guard = sluice({ limits: [hourly('ip', 10)] })
    app.use(guard, guard)
    const { url } = await serve(app)
    expect(remainingOf(await fetch(url))).toEqual({ ip: 9 })
  })

  test('two guards of their own stores join in one list, and each gives its own back', async () => {
    const app = express()
    const outer = sluice({ limits: [hourly('ip', 10)] })
    const inner = sluice({ limits: [{ ...hourly('all', 1), by: () => 'all' }], headers: ['draft-11', 'x-ratelimit-delta'] })
    app.use(outer, inner)
    const { url } = await serve(app)
    expect(remainingOf(await fetch(url))).toEqual({ ip: 9, all: 0 })
    const refused = await fetch(url)
    expect(refused.status).toBe(429)
    expect(remainingOf(refused)).toEqual({ ip: 9, all: 0 })
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0')
    expect(await outer.admin.inspect('ip', '127.0.0.1')).toMatchObject({ remaining: 9 })
  })

  test('two stores on one request are an error with a code', async () => {
    const app = express()
    const errors: unknown[] = []
    app.use(sluice({ store: memoryStore(), limits: [hourly('ip', 10)] }), sluice({ store: memoryStore(), limits: [hourly('other', 10)] }))
    app.use(((error, _request, response, _next) => {
      errors.push(error)
      response.status(500).end()
    }) as express5.ErrorRequestHandler)
    const { url } = await serve(app)
    expect((await fetch(url)).status).toBe(500)
    expect(errors).toMatchObject([{ code: 'SLUICE_TWO_STORES' }])
  })

  test('one store in two guards is one store, and a default one stands beside any', async () => {
    const app = express()
    const store = memoryStore()
    app.use(sluice({ store, limits: [hourly('a', 9)] }), sluice({ limits: [hourly('b', 9)] }), sluice({ store, limits: [hourly('c', 9)] }))
    const { url } = await serve(app)
    expect(remainingOf(await fetch(url))).toEqual({ a: 8, b: 8, c: 8 })
  })
})

test('`app.use(sluice)` is told by its code', async () => {
  const app = express5()
  app.use(sluice as never)
  app.use(((error, _request, response, _next) => void response.send(String(error))) satisfies ErrorRequestHandler)
  const { url } = await serve(app)
  expect(await (await fetch(url)).text()).toMatch(/SLUICE_UNCALLED: .*Write app\.use\(sluice\(options\)\)/)
})

test.each([
  ['of one name in two stores draw a warning', [hourly('ip', 5), hourly('ip', 9)], ['SLUICE_LIMITS_JOINED']],
  ['of two names draw none', [hourly('ip', 5), hourly('other', 9)], []],
] as const)('limits of two guards %s', async (_what, limits, codes) => {
  const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
  onTestFinished(() => warned.mockRestore())
  const { url } = await serve(express5().use(...limits.map((limit) => sluice({ limits: [limit] }))))
  for (let i = 0; i < 3; i++) await fetch(url)
  expect(warned.mock.calls.map(([, about]) => (about as { readonly code?: string }).code)).toEqual(codes)
})
