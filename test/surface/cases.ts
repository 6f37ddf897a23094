/**
 * What users write, in seventeen situations, wrong uses included: it compiles as it stands, on every TypeScript that we support, and is
 * never run.
 */

import { getConnInfo as nodeConn } from '@hono/node-server/conninfo'
import {
  burstMax,
  cached,
  concurrency,
  createLimiter,
  everyone,
  fixedWindow,
  type LimiterEvent,
  limit,
  memoryStore,
  type Store,
  shareOf,
  skip,
  tokenBucket,
} from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { createProvider } from '@sluice/egress'
import * as ex from '@sluice/express'
import * as fa from '@sluice/fastify'
import { bind, failuresOnly, sluice } from '@sluice/fastify'
import * as ho from '@sluice/hono'
import type { HttpLimit } from '@sluice/http'
import { redisStore } from '@sluice/redis'
import express from 'express'
import Fastify, { type FastifyRequest } from 'fastify'
import { Hono } from 'hono'
import type { GetConnInfo } from 'hono/conninfo'
import { Redis } from 'ioredis'
import { WebSocketServer } from 'ws'

interface User {
  id: string
  plan: 'free' | 'pro'
  timeZone: string
}
declare module 'fastify' {
  interface FastifyRequest {
    user?: User
  }
}
declare global {
  namespace Express {
    interface Request {
      user?: User
    }
  }
}
interface LoginBody {
  account: string
  password: string
}
interface ChatBody {
  prompt: string
  max_tokens: number
}
declare const db: { planOf(app: string): Promise<{ rate: number; monthly: number; timeZone: string; sellerShare: number }> }
declare const llm: (prompt: string) => Promise<{ text: string; usage: number }>
declare const verify: (b: LoginBody) => Promise<boolean>
declare const workerConn: GetConnInfo
declare const counter: { inc(labels: Record<string, string>): void }
declare const work: (job: Job) => Promise<number>
const app = Fastify()

// 1 one line on Fastify
app.register(sluice, { limits: [{ name: 'ip', rule: tokenBucket({ capacity: 10, per: '1m' }) }] })
await app.register(sluice, { limits: [{ name: 'ip', rule: tokenBucket({ capacity: 10, per: '1m' }) }] })

// 2 per IP + per user after auth: inline `req` is FastifyRequest; `?? skip` is asked for by the type; null compiles, and is a fault
app.register(sluice, {
  limits: [
    { name: 'ip', rule: tokenBucket({ capacity: 100, per: '1m' }) },
    {
      name: 'user',
      by: (req) => req.user?.id ?? skip,
      rule: (req) => tokenBucket({ capacity: req.user?.plan === 'pro' ? 1000 : 100, per: '1m' }),
    },
  ],
})
const absent = (req: FastifyRequest) => req.user?.id
// @ts-expect-error an absent user is not silently everybody's bucket
app.register(sluice, { limits: [{ name: 'user', by: absent, rule: tokenBucket({ capacity: 1, per: '1m' }) }] })

// 3 login, failures only
app.post<{ Body: LoginBody }>(
  '/login',
  {
    config: {
      sluice: {
        limits: [
          { name: 'login-ip', rule: tokenBucket({ capacity: 20, per: '1m' }), settle: failuresOnly },
          {
            name: 'login-account',
            by: (req: FastifyRequest<{ Body: LoginBody }>) => req.body.account,
            rule: tokenBucket({ capacity: 5, per: '1m' }),
            settle: failuresOnly,
          },
          {
            name: 'login-401',
            rule: tokenBucket({ capacity: 20, per: '1m' }),
            settle: (res) => (res.status === 401 ? 1 : 0),
            debit: 'after',
          },
        ],
      },
    },
  },
  async (req, reply) => ((await verify(req.body)) ? { ok: true } : reply.code(401).send({ ok: false })),
)

// 4 costs
app.get('/search', { config: { sluice: { cost: 5 } } }, async () => [])
app.post<{ Body: ChatBody }>(
  '/chat',
  {
    config: {
      sluice: {
        limits: [
          { name: 'llm-requests', by: (req) => req.user?.id ?? skip, rule: tokenBucket({ capacity: 60, per: '1m' }), cost: 1 },
          { name: 'llm-tokens', by: (req) => req.user?.id ?? skip, rule: tokenBucket({ capacity: 100_000, per: '1m' }) },
        ],
        cost: (req: FastifyRequest<{ Body: ChatBody }>) => ({ 'llm-tokens': req.body.prompt.length + req.body.max_tokens }),
      },
    },
  },
  async (req) => {
    const out = await llm(req.body.prompt)
    await req.sluice.settle({ 'llm-tokens': out.usage })
    return out.text
  },
)

// 5 open platform
interface Call {
  api: string
  app: string
  seller: string | null
}
const planRule = cached(async (id: string) => burstMax({ refill: (await db.planOf(id)).rate, per: '1s' }), { ttl: '1m', max: 10_000 })
const store: Store | undefined = process.env.REDIS_URL ? redisStore(new Redis(process.env.REDIS_URL)) : undefined
let capacity = tokenBucket({ capacity: 1000, per: '1s' })
const platform = createLimiter<Call>({
  store,
  limits: [
    { name: 'api', by: (c) => c.api, rule: () => capacity, disclose: false },
    { name: 'app', by: (c) => [c.api, c.app], rule: (c) => planRule(c.app) },
    { name: 'seller', by: (c) => (c.seller === null ? skip : [c.api, c.app, c.seller]), rule: shareOf('app', 0.5) },
  ],
})
app.register(sluice, {
  limiter: bind(platform, (req, http) => {
    const a = http.header('x-app')
    return a ? { api: req.routeOptions.url ?? '', app: a, seller: http.header('x-seller') ?? null } : skip
  }),
  headers: ['draft-11', { preset: 'gateway', prefix: 'GNCP-GW' }],
})
// the API's own capacity changes at any moment
capacity = tokenBucket({ capacity: 2000, per: '1s' })

// 6 Redis, outage per limit
app.register(sluice, {
  store: redisStore(new Redis(), { timeout: '100ms', processes: 4 }),
  limits: [
    { name: 'ip', rule: tokenBucket({ capacity: 100, per: '1m' }), onOutage: 'local' },
    { name: 'login', rule: tokenBucket({ capacity: 5, per: '1m' }), onOutage: 'deny' },
  ],
})

// 7 Express
const web = express()
const guard = ex.sluice({
  store,
  limits: [
    { name: 'ip', rule: tokenBucket({ capacity: 100, per: '1m' }) },
    { name: 'user', by: (req) => req.user?.id ?? skip, rule: tokenBucket({ capacity: 100, per: '1m' }) },
  ],
})
web.get('/health', (_req, res) => {
  res.send('ok')
})
web.use(guard)
const router = express.Router()
router.use(guard.with({ limits: [{ name: 'router', rule: tokenBucket({ capacity: 50, per: '1m' }) }] }))
router.post(
  '/login',
  express.json(),
  guard.with({
    limits: [
      {
        name: 'acct',
        by: (req: express.Request<Record<string, string>, unknown, LoginBody>) => req.body.account,
        rule: tokenBucket({ capacity: 5, per: '1m' }),
        settle: failuresOnly,
      },
    ],
  }),
  async (req, res) => {
    await req.sluice.settle(1)
    res.json({})
  },
)
router.get('/items/:id', guard.with({ cost: 5 }), (req, res) => {
  res.json({ id: req.params.id })
})
web.use('/api', router)

// 8 Hono
type AppEnv = { Variables: { user: User }; Bindings: { KV: string } }
const h = new Hono<AppEnv>()
h.use(ho.sluice({ connInfo: nodeConn, limits: [{ name: 'ip', rule: tokenBucket({ capacity: 100, per: '1m' }) }] }))
h.use(
  ho.sluice<AppEnv>({
    connInfo: workerConn,
    limits: [{ name: 'user', by: (c) => c.var.user.id, rule: tokenBucket({ capacity: 10, per: '1m' }) }],
  }),
)
// @ts-expect-error Hono cannot infer its Env here: write sluice<AppEnv>, as for createMiddleware<AppEnv>
h.use(ho.sluice({ limits: [{ name: 'user2', by: (c) => c.var.user.id, rule: tokenBucket({ capacity: 10, per: '1m' }) }] })) // E from the return context?
h.post('/chat', async (c) => {
  await c.var.sluice.settle(3)
  return c.text('x')
})

export { h }

// a limit that fits every adapter
const apiKey: HttpLimit = {
  name: 'key',
  by: (_req, http) => http.header('x-api-key') ?? skip,
  rule: tokenBucket({ capacity: 10, per: '1s' }),
}
app.register(sluice, { limits: [apiKey] })
ex.sluice({ limits: [apiKey] })
ho.sluice<AppEnv>({ limits: [apiKey] })

// 9 shared
interface Job {
  user: string
  rows: number
}
interface Who {
  user: string
}
const shared = createLimiter<Who>({
  store: redisStore(new Redis()),
  limits: [{ name: 'export', by: (w) => w.user, rule: tokenBucket({ capacity: 10, per: '1h' }) }],
})
app.post(
  '/export',
  { config: { sluice: { limiter: bind(shared, (req) => (req.user ? { user: req.user.id } : skip)) } } },
  async () => 'queued',
)
web.post('/export', guard.with({ limiter: ex.bind(shared, (req) => (req.user ? { user: req.user.id } : skip)) }))
h.post('/export', ho.sluice<AppEnv>({ limiter: ho.bind(shared, (c) => ({ user: c.var.user.id })) }), (c) => c.text('ok'))
export async function onJob(job: Job): Promise<{ delayMs: number } | undefined> {
  await using r = await shared.reserve({ user: job.user }, { cost: job.rows })
  const d = r.decision
  if (d.outcome === 'impossible') throw new Error('never')
  if (!d.allowed) return { delayMs: d.retryAfterMs }
  await r.settle(await work(job))
}
new WebSocketServer({ port: 0 }).on('connection', (ws, req) =>
  ws.on('message', () => {
    const take = async (): Promise<void> => {
      const d = await shared.consume({ user: String(req.url) })
      if (!d.allowed) ws.close(1013)
    }
    void take()
  }),
)
// sync by type
const local = createLimiter<string>({ limits: [{ name: 'msg', by: (id) => id, rule: tokenBucket({ capacity: 10, per: '1s' }) }] })
const allowedNow: boolean = local.consume('u1').allowed
const asyncRule = createLimiter<string>({
  limits: [{ name: 'msg', by: (id) => id, rule: async () => tokenBucket({ capacity: 10, per: '1s' }) }],
})
// @ts-expect-error an async rule makes the answer a promise
asyncRule.consume('u1').allowed
const maybe = createLimiter<string>({ limits: [{ name: 'msg', by: (id) => id, rule: (id) => planRule(id) }] })
void (await maybe.consume('x')).allowed
const job = createLimiter({ limits: [{ name: 'all', by: everyone, rule: tokenBucket({ capacity: 1, per: '1s' }) }] })
void job.consume().allowed
// @ts-expect-error no `by`: the core has no address to fall back on
createLimiter<string>({ limits: [{ name: 'x', rule: tokenBucket({ capacity: 1, per: '1s' }) }] })
// @ts-expect-error a limiter of Who does not fit where another subject is consumed
void shared.consume({ usr: 'x' })
// @ts-expect-error the subject of `for` is checked
app.register(sluice, { limiter: bind(shared, () => ({ account: 1 })) })

// 10 shadow
app.register(sluice, {
  limits: [{ name: 'new-search', rule: tokenBucket({ capacity: 30, per: '1m' }), shadow: true }],
  observe: (e: LimiterEvent) => {
    if (e.type === 'decision') for (const l of e.decision.limits) if (l.shadow && !l.allowed) counter.inc({ limit: l.name })
  },
})
app.register(sluice, {
  observe(e) {
    // The request of an event is the framework's own.
    if (e.type === 'decision' && !e.decision.allowed) e.http?.request.log.warn({ ...e.http, refused: e.decision.refusedBy })
    if (e.type === 'settled') counter.inc({ limit: e.limit, units: String(e.actual) })
    // @ts-expect-error an outage has no key
    if (e.type === 'outage') counter.inc({ key: e.key })
  },
})
// 11 concurrency
app.put(
  '/upload',
  {
    config: {
      sluice: {
        limits: [{ name: 'uploads', by: (req) => req.user?.id ?? skip, rule: concurrency({ capacity: 3, lease: '30s' }), status: 503 }],
      },
    },
  },
  async () => 'ok',
)
// 12 body, header
app.register(sluice, {
  limits: [apiKey],
  headers: ['x-ratelimit-epoch'],
  body: (refused) => ({
    error: { code: refused.outcome, retry_in: refused.retryAfterMs === null ? null : Math.ceil(refused.retryAfterMs / 1000) },
  }),
})
app.register(sluice, {
  limits: [apiKey],
  message: (_refused, req) => (req.headers['accept-language']?.startsWith('ko') ? '천천히' : 'Slow down'),
  onRefused: (_req, reply, r) => reply.code(429).send(r.refusedBy),
})
// 13 tests
const clock = manualClock()
const test = memoryStore({ clock })
const buildApp = (o: { store?: Store | undefined }) => {
  const a = Fastify()
  a.register(sluice, { store: o.store, limits: [apiKey] })
  return a
}
const t = buildApp({ store: test })
await t.inject('/')
clock.advance('1m')
test.clear()
// 14 month in the customer's zone + burst
interface Cust {
  id: string
}
const quota = cached(
  async (id: string) => {
    const p = await db.planOf(id)
    return fixedWindow({ capacity: p.monthly, per: 'month', timeZone: p.timeZone })
  },
  { ttl: '5m', max: 10_000 },
)
const metered = createLimiter<Cust>({
  store,
  limits: [
    { name: 'month', by: (c) => c.id, rule: (c) => quota(c.id) },
    { name: 'second', by: (c) => c.id, rule: tokenBucket({ capacity: 20, refill: 10, per: '1s' }), cost: 1 },
  ],
})
void metered
// @ts-expect-error a calendar period needs its time zone
fixedWindow({ capacity: 1, per: 'month' })
// @ts-expect-error bogus
tokenBucket({ capacity: 1, per: 'bogus' })
// 15 a group: the same limit object is the same budget
const reports: HttpLimit = { name: 'reports', rule: tokenBucket({ capacity: 20, per: '1m' }) }
for (const url of ['/report/a', '/report/b']) app.get(url, { config: { sluice: { limits: [reports] } } }, async () => [])
// …and its opposite, one budget per route
const perRoute: HttpLimit = {
  name: 'route',
  by: (_r, http) => [http.address, http.route ?? '404'],
  rule: tokenBucket({ capacity: 20, per: '1m' }),
}
app.register(sluice, { limits: [perRoute] })
// 16 allow-list, health
app.register(sluice, { limits: [apiKey], allowList: ['10.0.0.0/8', '::1'], trust: ['10.0.0.0/8'] })
app.get('/health', { config: { sluice: false } }, async () => 'ok')
// reusable typed limit with a body
const perAccount = {
  name: 'acct',
  by: (req: FastifyRequest<{ Body: LoginBody }>) => req.body.account,
  rule: tokenBucket({ capacity: 5, per: '1m' }),
}
app.post<{ Body: LoginBody }>('/login2', { config: { sluice: { limits: [perAccount] } } }, async () => 1)
const w = limit<Who>({ name: 'w', by: (x) => x.user, rule: tokenBucket({ capacity: 1, per: '1s' }) })
createLimiter<Who>({ limits: [w] }).consume({ user: 'a' }).allowed
void allowedNow

await app.sluice.reset('user', '42')
await guard.admin.inspect('user', '42')

// 17 callers see their own quota: by subject, with the queue of a provider and the last hour; and by address
const provider = createProvider({ name: 'llm', limits: { requests: { capacity: 500, per: '1m' } } })
const history = fa.quotaHistory(metered)
const identify = ({ headers }: FastifyRequest): Cust | null => (typeof headers.authorization === 'string' ? { id: 'a' } : null)
const queue = (customer: Cust) => provider.queueOf(customer.id)
app.get('/quota', { config: { sluice: false } }, fa.quota({ limiter: metered, identify, id: ({ id }) => id, queue, history }))
app.get('/quota-of-address', { config: { sluice: false } }, fa.quota())
express().get('/quota', ex.quota({ guard }))
new Hono().get('/quota', ho.quota({ guard: ho.sluice({ connInfo: nodeConn, limits: [apiKey] }) }))
// @ts-expect-error a guard is no limiter
ex.quota({ limiter: guard, identify: () => 'a' })
