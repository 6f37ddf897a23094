/** What users write, as the compiler sees it: the wrong uses are errors before anything runs. */
import { getConnInfo as nodeConn } from '@hono/node-server/conninfo'
import { createLimiter, skip, tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { Hono } from 'hono'
import { getConnInfo as cfConn } from 'hono/cloudflare-workers'
import { expect, test } from 'vitest'
import { bind, failuresOnly, guardFetch, sluice } from './index.ts'

type AppEnv = { Variables: { user: { id: string } }; Bindings: { KV: string } }

const rule = tokenBucket({ capacity: 100, per: '1m' })

test('guards fit wherever Hono takes middleware', () => {
  const app = new Hono<AppEnv>()
  app.use(sluice({ connInfo: nodeConn, limits: [{ name: 'ip', rule }] }))
  const guard = sluice<AppEnv>({ connInfo: cfConn, limits: [{ name: 'user', by: (c) => c.var.user.id, rule, settle: failuresOnly }] })
  app.use('/api/*', guard)
  app.get('/items', guard.with({ cost: 5 }), (c) => c.text(c.env.KV))
  app.post('/chat', async (c) => {
    await c.var.sluice.settle(3)
    return c.text('ok')
  })
  // @ts-expect-error Hono cannot infer its Env here: write sluice<AppEnv>, as for createMiddleware<AppEnv>
  app.use(sluice({ limits: [{ name: 'user2', by: (c) => c.var.user.id, rule }] }))
  // @ts-expect-error an absent user is not silently everybody's bucket
  app.use(sluice<AppEnv>({ limits: [{ name: 'user3', by: (c) => c.req.header('x-user'), rule }] }))
})

test('a limit that knows no framework fits every guard', () => {
  const apiKey: HttpLimit = { name: 'key', by: (_c, http) => http.header('x-api-key') ?? skip, rule }
  new Hono<AppEnv>().use(sluice<AppEnv>({ limits: [apiKey] }))
  guardFetch({ limits: [apiKey] }, () => new Response('ok'))
})

test('a limiter of domain subjects is bound to contexts', () => {
  const shared = createLimiter<{ user: string }>({ limits: [{ name: 'export', by: (who) => who.user, rule }] })
  new Hono<AppEnv>().post('/export', sluice<AppEnv>({ limiter: bind(shared, (c) => ({ user: c.var.user.id })) }), (c) => c.text('ok'))
  // @ts-expect-error the subject is checked
  bind(shared, () => ({ account: 1 }))
})

test('a handler of the web standard keeps what its runtime hands over', () => {
  interface Info {
    readonly remoteAddr: { readonly hostname: string }
  }
  const handle = guardFetch(
    { remoteAddress: (_request, info: Info) => info.remoteAddr.hostname, limits: [{ name: 'ip', rule }] },
    (request, sluiced, info) => new Response(`${request.method} ${sluiced.http.ip} ${info.remoteAddr.hostname}`),
  )
  const typed: (request: Request, info: Info) => Promise<Response> = handle
  const plain: (request: Request) => Promise<Response> = guardFetch({ limits: [] }, () => new Response('ok'))
  expect([typeof typed, typeof plain]).toEqual(['function', 'function'])
})

test.each<[unknown, string]>([
  [undefined, 'SLUICE_OPTION_TYPE'],
  [{ limit: [] }, 'SLUICE_OPTION_UNKNOWN'],
  [{ limits: [{ name: 'late', by: () => 'all', rule, hook: 'preHandler' }] }, 'SLUICE_HOOK'],
  [{ limits: [{ name: 'ip', rule, by: 'ip' }] }, 'SLUICE_OPTION_TYPE'],
  [{ limits: [{ name: 'ip', rule }] }, 'SLUICE_CONN_INFO'],
  [{ limits: [], connInfo: {} }, 'SLUICE_OPTION_TYPE'],
  [{ limits: [], onRefused: 'no' }, 'SLUICE_OPTION_TYPE'],
])('a wrong option is said at start-up: %j', (options, code) => {
  expect(() => sluice(options as never)).toThrow(expect.objectContaining({ code }))
})
