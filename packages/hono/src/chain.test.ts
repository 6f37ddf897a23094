import { getConnInfo } from '@hono/node-server/conninfo'
import { remainingOf } from '@sluice/conformance/adapter'
import { memoryStore, skip, tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'

const hourly = (name: string, capacity: number): HttpLimit => ({ name, rule: tokenBucket({ capacity, per: '1h' }) })
const connInfo = getConnInfo

describe('a chain of guards', () => {
  test('charges the outer limits too where a guard made by `with` stands alone', async () => {
    const guard = sluice({ connInfo, limits: [hourly('ip', 10)] })
    const { url } = await serve(new Hono().get('/', guard.with({ limits: [hourly('own', 3)], cost: 2 }), (c) => c.text('ok')))
    expect(remainingOf(await fetch(url))).toEqual({ ip: 8, own: 1 })
  })

  test('joins guards of their own, each of which reads the address as it was told', async () => {
    const byKey = sluice({
      limits: [{ name: 'key', by: (_c, http) => http.header('x-key') ?? skip, rule: tokenBucket({ capacity: 9, per: '1h' }) }],
    })
    const byAddress = sluice({ connInfo: () => ({ remote: { address: '192.0.2.7' } }), limits: [hourly('ip', 9)] })
    const app = new Hono().use(byKey, byAddress).get('/', (c) => c.text(c.var.sluice.http.address))
    const { url } = await serve(app)
    const response = await fetch(url, { headers: { 'x-key': 'k' } })
    expect(remainingOf(response)).toEqual({ key: 8, ip: 8 })
    expect(await response.text()).toBe('192.0.2.7')
  })

  test('with two stores is an error with a code', async () => {
    const app = new Hono()
    const errors: unknown[] = []
    app.onError((error, c) => {
      errors.push(error)
      return c.text('sorry', 500)
    })
    app.use(
      sluice({ connInfo, store: memoryStore(), limits: [hourly('a', 9)] }),
      sluice({ connInfo, store: memoryStore(), limits: [hourly('b', 9)] }),
    )
    const { url } = await serve(app)
    expect((await fetch(url)).status).toBe(500)
    expect(errors).toMatchObject([{ code: 'SLUICE_TWO_STORES' }])
  })
})

test('`app.use(sluice)` is told by its code', async () => {
  const app = new Hono().use(sluice as never).onError((error, c) => c.text(String(error)))
  expect(await (await app.request('/')).text()).toMatch(/SLUICE_UNCALLED: .*Write app\.use\(sluice\(options\)\)/)
})
