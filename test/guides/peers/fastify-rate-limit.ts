/** @fastify/rate-limit and `@sluice/fastify`, row by row. */
import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit'
import { createLimiter, fixedWindow, type Rule } from '@sluice/core'
import { type FastifyLimit, type FastifyRoute, type FastifySluice, sluice } from '@sluice/fastify'
import { redisStore } from '@sluice/redis'
import Fastify, { type FastifyInstance } from 'fastify'
import { asUsers, type Client, type Comparison, type Comparisons, from, overTwoWindows } from '../comparison.ts'
import { unreachableRedis } from '../unreachable-redis.ts'

const perHour = (capacity: number): Rule => fixedWindow({ capacity, per: '1h', align: 'first' })
const two: FastifyLimit = { name: 'ip', rule: perHour(2) }

/** What the route `/limited` says in `config`; each plugin reads its own part. */
interface OfRoute {
  readonly rateLimit?: RateLimitPluginOptions | false
  readonly sluice?: FastifyRoute | false
}

async function siteOf(app: FastifyInstance, config: OfRoute): Promise<FastifyInstance['server']> {
  app.addHook('preHandler', async (request) => void Object.assign(request, { user: request.headers['x-user'] }))
  app.get('/', async () => 'ok')
  app.get('/limited', { config }, async () => 'ok')
  await app.ready()
  return app.server
}

/** Both in front of the same site. */
function compare(
  theirs: RateLimitPluginOptions,
  ours: FastifySluice,
  see: Comparison['see'],
  seen: unknown,
  config: OfRoute = {},
): Comparison {
  const open = (): FastifyInstance => Fastify({ trustProxy: 'loopback' })
  return {
    async theirs() {
      const app = open()
      await app.register(rateLimit, { timeWindow: '1 hour', ...theirs })
      return siteOf(app, config)
    },
    async ours() {
      const app = open()
      await app.register(sluice, ours)
      // Options of the other plugin are an error at start-up.
      const { rateLimit: _, ...own } = config
      return siteOf(app, own)
    },
    see,
    seen,
  }
}

const thrice = (client: Client): Promise<readonly number[]> => client.statuses('/', '/', '/')

export const comparisonsWithFastifyRateLimit: Comparisons = {
  '`max`, `timeWindow`': compare(
    { max: 2, timeWindow: '2 seconds' },
    { limits: [{ name: 'ip', rule: fixedWindow({ capacity: 2, per: '2s', align: 'first' }) }] },
    overTwoWindows,
    [[200, 200], 429, [200, 200, 429]],
  ),

  '`max`, `timeWindow` as functions': compare(
    {
      keyGenerator: (request) => String(request.headers['x-user']),
      max: (_request, user) => (user === 'pro' ? 2 : 1),
      timeWindow: () => 3_600_000,
    },
    {
      limits: [
        {
          name: 'user',
          by: (_request, http) => http.header('x-user') ?? '',
          rule: (_request, http) => perHour(http.header('x-user') === 'pro' ? 2 : 1),
        },
      ],
    },
    asUsers('free', 'free', 'pro', 'pro', 'pro'),
    [200, 429, 200, 200, 429],
  ),

  '`keyGenerator`': compare(
    { max: 1, keyGenerator: (request) => String(request.headers['x-user']) },
    { limits: [{ name: 'user', by: (_request, http) => http.header('x-user') ?? '', rule: perHour(1) }] },
    asUsers('ada', 'bob', 'ada'),
    [200, 200, 429],
  ),

  "`hook: 'preHandler'`": compare(
    { max: 1, hook: 'preHandler', keyGenerator: (request) => (request as unknown as { user: string }).user },
    { limits: [{ name: 'user', by: (request) => (request as unknown as { user: string }).user, rule: perHour(1) }] },
    asUsers('ada', 'bob', 'ada'),
    [200, 200, 429],
  ),

  '`ipv6Subnet: 64`': compare(
    { max: 1, ipv6Subnet: 64 },
    { limits: [{ name: 'ip', rule: perHour(1) }], ipv6Prefix: 64 },
    async ({ ask }) => {
      const statuses: number[] = []
      for (const address of ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8:0:1::1', '2001:db8:0:2::1', '2001:db8:0:1::2'])
        statuses.push((await ask('/', from(address))).status)
      return statuses
    },
    [200, 429, 200, 200, 429],
  ),

  '`global: false`': compare(
    { global: false },
    { limits: [] },
    ({ statuses }) => statuses('/', '/', '/', '/limited', '/limited'),
    [200, 200, 200, 200, 429],
    { rateLimit: { max: 1 }, sluice: { limits: [{ name: 'limited', rule: perHour(1) }] } },
  ),

  '`config: { rateLimit: false }`': compare(
    { max: 2 },
    { limits: [two] },
    ({ statuses }) => statuses('/limited', '/limited', '/limited', '/', '/', '/', '/limited'),
    [200, 200, 200, 200, 200, 429, 200],
    { rateLimit: false, sluice: false },
  ),

  '`config: { rateLimit: { max, timeWindow } }`': compare(
    { max: 2 },
    { limits: [two] },
    ({ statuses }) => statuses('/limited', '/limited', '/', '/', '/'),
    [200, 429, 200, 200, 429],
    {
      rateLimit: { max: 1, timeWindow: '1 hour' },
      sluice: { inherit: false, limits: [{ name: 'limited', rule: perHour(1) }] },
    },
  ),

  '`allowList` of addresses': compare(
    { max: 1, allowList: ['192.0.2.1'] },
    { limits: [{ name: 'ip', rule: perHour(1) }], allowList: ['192.0.2.1'] },
    async ({ ask }) => {
      const statuses: number[] = []
      for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.2']) statuses.push((await ask('/', from(address))).status)
      return statuses
    },
    [200, 200, 200, 429],
  ),

  '`allowList` as a function': compare(
    { max: 1, allowList: (request) => request.headers['x-user'] === 'root' },
    { limits: [{ name: 'ip', rule: perHour(1) }], when: (_request, http) => http.header('x-user') !== 'root' },
    asUsers('root', 'root', 'ada', 'ada', 'root'),
    [200, 200, 200, 429, 200],
  ),

  '`errorResponseBuilder` that answers data': compare(
    { max: 2, errorResponseBuilder: () => ({ statusCode: 429, slow: 'down' }) },
    { limits: [two], body: () => ({ statusCode: 429, slow: 'down' }) },
    async ({ ask, statuses }) => {
      await statuses('/', '/')
      const { status, header, body } = await ask()
      return [status, header('Content-Type'), JSON.parse(body)]
    },
    [429, 'application/json; charset=utf-8', { statusCode: 429, slow: 'down' }],
  ),

  'its `x-ratelimit-*` headers': compare(
    { max: 2 },
    { limits: [two], headers: ['x-ratelimit-delta'] },
    async ({ ask }) => {
      const quotaHeaders = async () => {
        const { header } = await ask()
        const resetInMinutes = Math.round(Number(header('x-ratelimit-reset')) / 60)
        return [header('x-ratelimit-limit'), header('x-ratelimit-remaining'), resetInMinutes, header('retry-after')]
      }
      return [await quotaHeaders(), await quotaHeaders(), await quotaHeaders()]
    },
    [
      ['2', '1', 60, null],
      ['2', '0', 60, null],
      ['2', '0', 60, '3600'],
    ],
  ),

  '`skipOnError: true`': compare(
    { max: 1, skipOnError: true, redis: unreachableRedis() },
    { limits: [{ ...two, onOutage: 'allow' }], store: redisStore(unreachableRedis(), { processes: 1 }) },
    thrice,
    [200, 200, 200],
  ),

  '`fastify.createRateLimit()`': {
    async theirs() {
      const app = Fastify()
      await app.register(rateLimit, { global: false })
      const check = app.createRateLimit({ max: 2, timeWindow: '1 hour' })
      app.get('/', async (request, reply) => {
        const answer = await check(request)
        return answer.isAllowed || !answer.isExceeded ? 'ok' : reply.code(402).send(String(answer.ttlInSeconds))
      })
      await app.ready()
      return app.server
    },
    async ours() {
      const app = Fastify()
      const limiter = createLimiter<string>({ limits: [{ name: 'ip', by: (address) => address, rule: perHour(2) }] })
      app.get('/', async (request, reply) => {
        const answer = limiter.consume(request.ip)
        return answer.allowed ? 'ok' : reply.code(402).send(String(Math.ceil((answer.retryAfterMs ?? 0) / 1000)))
      })
      await app.ready()
      return app.server
    },
    async see({ ask, statuses }) {
      const passed = await statuses('/', '/')
      const { status, body } = await ask()
      return [passed, status, body]
    },
    seen: [[200, 200], 402, '3600'],
  },
}
