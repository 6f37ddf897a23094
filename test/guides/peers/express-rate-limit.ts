/** express-rate-limit and `@sluice/express`, row by row. */
import { createServer, type Server } from 'node:http'
import { fixedWindow, type Rule } from '@sluice/core'
import { type ExpressSluice, failuresOnly, sluice } from '@sluice/express'
import type { HttpLimit } from '@sluice/http'
import { redisStore } from '@sluice/redis'
import express, { type RequestHandler } from 'express'
import { type Options, rateLimit } from 'express-rate-limit'
import { type Client, type Comparison, type Comparisons, from, overTwoWindows } from '../comparison.ts'
import { unreachableRedis } from '../unreachable-redis.ts'

const perHour = (capacity: number): Rule => fixedWindow({ capacity, per: '1h', align: 'first' })
const two: HttpLimit = { name: 'ip', rule: perHour(2) }
const draft6 = {
  preset: 'names',
  limit: 'RateLimit-Limit',
  remaining: 'RateLimit-Remaining',
  reset: 'RateLimit-Reset',
  resetUnit: 'delta-seconds',
} as const

/** @param reset - what `/reset` does, which stands before the guard */
function siteOf(guard: RequestHandler, reset: () => unknown): Server {
  const app = express()
  app.set('trust proxy', 'loopback')
  app.get('/reset', async (_request, response) => void response.send(String(await reset())))
  app.use(guard)
  app.get('/', (_request, response) => void response.send('ok'))
  app.get('/fails', (_request, response) => void response.status(500).send('broken'))
  app.get('/welcome', (_request, response) => void response.set('X-Login', 'welcome').send('ok'))
  return createServer(app)
}

/** Both in front of the same site. `validate` inspects the code around a limiter, which is a test here. */
function compare(theirs: Partial<Options>, ours: ExpressSluice, see: Comparison['see'], seen: unknown): Comparison {
  return {
    theirs: () => {
      const guard = rateLimit({ windowMs: 3_600_000, validate: false, ...theirs })
      return siteOf(guard, () => guard.resetKey('127.0.0.1'))
    },
    ours: () => {
      const guard = sluice(ours)
      return siteOf(guard, () => guard.admin.reset('ip', '127.0.0.1'))
    },
    see,
    seen,
  }
}

const thrice = (client: Client): Promise<readonly number[]> => client.statuses('/', '/', '/')
const isTeapot = { status: 418, retryAfter: '3600', body: '{"slow":"down"}' }

/** Asks until it is refused. @returns what the refusal was */
async function refusal({ ask, statuses }: Client): Promise<unknown> {
  await statuses('/', '/')
  const { status, header, body } = await ask()
  return { status, retryAfter: header('Retry-After'), body }
}

export const comparisonsWithExpressRateLimit: Comparisons = {
  '`windowMs`, `limit`': compare(
    { windowMs: 2000, limit: 2 },
    { limits: [{ name: 'ip', rule: fixedWindow({ capacity: 2, per: 2000, align: 'first' }) }] },
    overTwoWindows,
    [[200, 200], 429, [200, 200, 429]],
  ),

  '`limit: 0`': compare({ limit: 0 }, { limits: [{ name: 'ip', rule: perHour(0) }] }, thrice, [429, 429, 429]),

  '`limit` as a function': compare(
    { limit: (request) => (request.get('X-Plan') === 'pro' ? 2 : 1) },
    { limits: [{ name: 'ip', rule: (_request, http) => perHour(http.header('x-plan') === 'pro' ? 2 : 1) }] },
    async ({ ask }) => {
      const statusFor = async (address: string, plan: string) => (await ask('/', { ...from(address), 'X-Plan': plan })).status
      const free = [await statusFor('192.0.2.1', 'free'), await statusFor('192.0.2.1', 'free')]
      return [free, [await statusFor('192.0.2.2', 'pro'), await statusFor('192.0.2.2', 'pro'), await statusFor('192.0.2.2', 'pro')]]
    },
    [
      [200, 429],
      [200, 200, 429],
    ],
  ),

  '`keyGenerator`': compare(
    { limit: 1, keyGenerator: (request) => request.get('X-User') ?? 'nobody' },
    { limits: [{ name: 'user', by: (_request, http) => http.header('x-user') ?? 'nobody', rule: perHour(1) }] },
    async ({ ask }) => {
      const statusFor = async (user: string) => (await ask('/', { 'X-User': user })).status
      return [await statusFor('ada'), await statusFor('bob'), await statusFor('ada')]
    },
    [200, 200, 429],
  ),

  'no `keyGenerator`': compare(
    { limit: 1 },
    { limits: [{ name: 'ip', rule: perHour(1) }] },
    async ({ ask }) => {
      const statusFor = async (address: string) => (await ask('/', from(address))).status
      const addresses = ['192.0.2.1', '192.0.2.2', '::ffff:192.0.2.1', '2001:db8:0:1200::1', '2001:db8:0:12ff::9', '2001:db8:0:1300::1']
      const statuses: number[] = []
      for (const address of addresses) statuses.push(await statusFor(address))
      return statuses
    },
    [200, 200, 429, 200, 429, 200],
  ),

  '`ipv6Subnet`': compare(
    { limit: 1, ipv6Subnet: 64 },
    { limits: [{ name: 'ip', rule: perHour(1) }], ipv6Prefix: 64 },
    async ({ ask }) => {
      const statusFor = async (address: string) => (await ask('/', from(address))).status
      return [await statusFor('2001:db8:0:1::1'), await statusFor('2001:db8:0:2::1'), await statusFor('2001:db8:0:1::2')]
    },
    [200, 200, 429],
  ),

  '`message` that is data, or a function that answers some': compare(
    { limit: 2, message: () => ({ slow: 'down' }) },
    { limits: [two], body: () => ({ slow: 'down' }) },
    async (client) => {
      await client.statuses('/', '/')
      const { status, header, body } = await client.ask()
      return [status, header('Content-Type')?.toLowerCase(), body]
    },
    [429, 'application/json; charset=utf-8', '{"slow":"down"}'],
  ),

  '`statusCode: 503`': compare({ limit: 2, statusCode: 503 }, { limits: [{ ...two, status: 503 }] }, thrice, [200, 200, 503]),

  '`handler`': compare(
    { limit: 2, handler: (_request, response) => void response.status(418).json({ slow: 'down' }) },
    { limits: [two], onRefused: (_request, response) => void response.status(418).json({ slow: 'down' }) },
    refusal,
    isTeapot,
  ),

  '`legacyHeaders: true`': compare(
    { limit: 2 },
    { limits: [two], headers: ['x-ratelimit-epoch'] },
    async ({ ask }) => {
      const quotaHeaders = async () => {
        const { header } = await ask()
        const resetInMinutes = Math.round((Number(header('X-RateLimit-Reset')) - Date.now() / 1000) / 60)
        return [header('X-RateLimit-Limit'), header('X-RateLimit-Remaining'), resetInMinutes, header('Retry-After')]
      }
      return [await quotaHeaders(), await quotaHeaders(), await quotaHeaders()]
    },
    [
      ['2', '1', 60, null],
      ['2', '0', 60, null],
      ['2', '0', 60, '3600'],
    ],
  ),

  "`standardHeaders: 'draft-6'`": compare(
    { limit: 2, standardHeaders: 'draft-6', legacyHeaders: false },
    { limits: [two], headers: [draft6] },
    async ({ ask }) => {
      const quotaHeaders = async () => {
        const { header } = await ask()
        return [header('RateLimit-Limit'), header('RateLimit-Remaining'), header('RateLimit-Reset'), header('Retry-After')]
      }
      return [await quotaHeaders(), await quotaHeaders(), await quotaHeaders()]
    },
    [
      ['2', '1', '3600', null],
      ['2', '0', '3600', null],
      ['2', '0', '3600', '3600'],
    ],
  ),

  '`skip`': compare(
    { limit: 1, skip: (request) => request.path === '/welcome' },
    { limits: [{ name: 'ip', rule: perHour(1) }], when: (request) => request.path !== '/welcome' },
    ({ statuses }) => statuses('/welcome', '/welcome', '/', '/', '/welcome'),
    [200, 200, 200, 429, 200],
  ),

  '`skipFailedRequests`': compare(
    { limit: 2, skipFailedRequests: true },
    { limits: [two], settle: ({ status, aborted }) => (status >= 400 || aborted ? 0 : undefined) },
    ({ statuses }) => statuses('/fails', '/fails', '/fails', '/', '/', '/'),
    [500, 500, 500, 200, 200, 429],
  ),

  '`skipSuccessfulRequests`': compare(
    { limit: 2, skipSuccessfulRequests: true },
    { limits: [two], settle: failuresOnly },
    ({ statuses }) => statuses('/', '/', '/', '/fails', '/fails', '/'),
    [200, 200, 200, 500, 500, 429],
  ),

  '`requestWasSuccessful`': compare(
    {
      limit: 2,
      skipSuccessfulRequests: true,
      requestWasSuccessful: (_request, response) => response.get('X-Login') === 'welcome',
    },
    { limits: [two], settle: ({ header }) => (header('X-Login') === 'welcome' ? 0 : 1) },
    ({ statuses }) => statuses('/welcome', '/welcome', '/welcome', '/', '/', '/welcome'),
    [200, 200, 200, 200, 200, 429],
  ),

  '`passOnStoreError: true`': compare(
    {
      limit: 1,
      passOnStoreError: true,
      logger: { error: () => undefined, warn: () => undefined },
      store: {
        increment: async (key) => ({ totalHits: await unreachableRedis().incr(key), resetTime: undefined }),
        decrement: () => undefined,
        resetKey: () => undefined,
      },
    },
    { limits: [{ ...two, onOutage: 'allow' }], store: redisStore(unreachableRedis(), { processes: 1 }) },
    thrice,
    [200, 200, 200],
  ),

  '`resetKey(key)`': compare(
    { limit: 2 },
    { limits: [two] },
    ({ statuses }) => statuses('/', '/', '/', '/reset', '/', '/', '/'),
    [200, 200, 429, 200, 200, 200, 429],
  ),
}
