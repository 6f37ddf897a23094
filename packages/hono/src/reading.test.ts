import { getConnInfo } from '@hono/node-server/conninfo'
import { tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'

const hourly = (name: string, capacity: number): HttpLimit => ({ name, rule: tokenBucket({ capacity, per: '1h' }) })
const connInfo = getConnInfo

describe('a route', () => {
  const routes: unknown[] = []
  const by: HttpLimit['by'] = (_c, http) => {
    routes.push(http.route)
    return http.route
  }
  const guard = sluice({ limits: [{ name: 'route', by, rule: tokenBucket({ capacity: 99, per: '1h' }) }] })
  const sub = new Hono().get('/items/:id', (c) => c.text('ok'))
  const app = new Hono()
  app.use(guard)
  app.use('/api/*', async (_c, next) => next())
  app.route('/api', sub)
  app.all('/any', (c) => c.text('ok'))
  app.get('*', async (_c, next) => next())

  test.each([
    ['/api/items/42?x=1', '/api/items/:id'],
    ['/any', '/any'],
  ])('of %s is %s', async (path, route) => {
    routes.length = 0
    const { url } = await serve(app)
    await fetch(url + path)
    expect(routes).toEqual([route])
  })

  test('that nobody serves is none', async () => {
    routes.length = 0
    const { url } = await serve(new Hono().use(guard))
    await fetch(`${url}/nowhere`)
    expect(routes).toEqual([null])
  })
})

describe('the address', () => {
  test('is needed by a limit without `by`, which is said at start-up', () => {
    expect(() => sluice({ limits: [hourly('ip', 1)] })).toThrow(expect.objectContaining({ code: 'SLUICE_CONN_INFO' }))
    expect(() => sluice({ limits: [] }).with({ limits: [hourly('ip', 1)] })).toThrow(expect.objectContaining({ code: 'SLUICE_CONN_INFO' }))
  })

  test.each(['allowList', 'denyList', 'trust'])('is needed by `%s`, which is said at start-up', (option) => {
    expect(() => sluice({ limits: [], [option]: ['10.0.0.0/8'] })).toThrow(expect.objectContaining({ code: 'SLUICE_CONN_INFO' }))
  })

  test('is that of the socket, whatever a header says', async () => {
    const { url } = await serve(
      new Hono().use(sluice({ connInfo, limits: [hourly('ip', 9)] })).get('/', (c) => c.text(c.var.sluice.http.address)),
    )
    expect(await (await fetch(url, { headers: { 'x-forwarded-for': '198.51.100.7', 'x-real-ip': '198.51.100.7' } })).text()).toBe(
      '127.0.0.1',
    )
  })

  test('is what a listed proxy says', async () => {
    const guard = sluice({ connInfo, trust: ['127.0.0.0/8', '10.0.0.0/8'], limits: [hourly('ip', 9)] })
    const { url } = await serve(new Hono().use(guard).get('/', (c) => c.text(c.var.sluice.http.address)))
    expect(await (await fetch(url, { headers: { 'x-forwarded-for': '203.0.113.9, 198.51.100.7, 10.0.0.1' } })).text()).toBe('198.51.100.7')
  })
})
