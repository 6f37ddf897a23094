/** A Hono server with limits, on Node: `pnpm example hono`. */
import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { tokenBucket } from '@sluice/core'
import { failuresOnly, sluice } from '@sluice/hono'
import { Hono } from 'hono'

interface Login {
  account: string
  password: string
}
type AppEnv = { Variables: { login: Login } }
/** Ten requests at once, then one every six seconds, for each client address. */
const perClient = { name: 'ip', rule: tokenBucket({ capacity: 10, per: '1m' }) }

/** One export a second for each client address. */
const perExport = { name: 'exports', rule: tokenBucket({ capacity: 1, per: '1s' }) }

const guard = sluice<AppEnv>({
  connInfo: getConnInfo,
  limits: [perClient],
  // `draft-11` is the default; octokit needs the second, and the OpenAI SDK waits exactly with the third.
  headers: ['draft-11', 'x-ratelimit-epoch', 'retry-after-ms'],
})

/** The login in a body. A client may send anything, or nothing: what is no text counts as an empty one. */
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const loginOf = (body: unknown): Login => {
  const { account, password } = Object(body)
  return { account: text(account), password: text(password) }
}

/** Five wrong passwords a minute for each account; right ones are free. */
const guardLogin = guard.with({
  limits: [{ name: 'account', by: (c) => c.var.login.account, rule: tokenBucket({ capacity: 5, per: '1m' }), settle: failuresOnly }],
})

const app = new Hono<AppEnv>()

// What stands before the guard of all others is free, or has a guard of its own.
app.get('/health', (c) => c.json({ status: 'up' }))
app.get('/export', guard.with({ inherit: false, limits: [perExport] }), (c) => c.json({ rows: 3 }))
app.get('/search', guard.with({ cost: 5 }), (c) => c.json({ found: [] })) // dearer

app.use(guard)
app.get('/', (c) => c.json({ hello: 'world' }))
app.use('/login', async (c, next) => {
  c.set('login', loginOf(await c.req.json().catch(() => null)))
  await next()
})
app.post('/login', guardLogin, (c) => {
  const { account, password } = c.var.login
  return password === 'sesame' ? c.json({ welcome: account }) : c.json({ welcome: null }, 401)
})

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`listening on http://127.0.0.1:${port}`)
})
