/** hono-rate-limiter and `@sluice/hono`, row by row. */
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { fixedWindow, type Rule } from '@sluice/core'
import { failuresOnly, type HonoSluice, sluice } from '@sluice/hono'
import type { HttpLimit } from '@sluice/http'
import { Hono, type MiddlewareHandler } from 'hono'
import { rateLimiter } from 'hono-rate-limiter'
import { asUsers, type Client, type Comparison, type Comparisons, overTwoWindows } from '../comparison.ts'

type Theirs = Parameters<typeof rateLimiter>[0]

const perHour = (capacity: number): Rule => fixedWindow({ capacity, per: '1h', align: 'first' })
const everyone: HttpLimit = { name: 'all', by: () => 'all', rule: perHour(2) }

function siteOf(guard: MiddlewareHandler): Server {
  const app = new Hono().use(guard)
  app.get('/', (c) => c.text('ok'))
  app.get('/fails', (c) => c.text('broken', 500))
  app.get('/welcome', (c) => c.text('ok', 200, { 'X-Login': 'welcome' }))
  return createAdaptorServer({ fetch: app.fetch }) as Server
}

/** Both in front of the same site; where nothing is said, all clients are one to both. */
function compare(theirs: Partial<Theirs>, ours: HonoSluice, see: Comparison['see'], seen: unknown): Comparison {
  return {
    theirs: () => siteOf(rateLimiter({ windowMs: 3_600_000, limit: 2, keyGenerator: () => 'all', ...theirs } as Theirs)),
    ours: () => siteOf(sluice(ours)),
    see,
    seen,
  }
}

const thrice = (client: Client): Promise<readonly number[]> => client.statuses('/', '/', '/')

async function refusal({ ask, statuses }: Client): Promise<unknown> {
  await statuses('/', '/')
  const { status, header, body } = await ask()
  return [status, header('Retry-After'), header('Content-Type')?.split(';')[0], body]
}

export const comparisonsWithHonoRateLimiter: Comparisons = {
  '`windowMs`, `limit`': compare(
    { windowMs: 2000, limit: 2 },
    { limits: [{ ...everyone, rule: fixedWindow({ capacity: 2, per: 2000, align: 'first' }) }] },
    overTwoWindows,
    [[200, 200], 429, [200, 200, 429]],
  ),

  '`keyGenerator`, `limit` as a function': compare(
    {
      keyGenerator: (c) => c.req.header('X-User') ?? 'nobody',
      limit: (c) => (c.req.header('X-User') === 'pro' ? 2 : 1),
    },
    {
      limits: [
        {
          name: 'user',
          by: (c) => c.req.header('X-User') ?? 'nobody',
          rule: (c) => perHour(c.req.header('X-User') === 'pro' ? 2 : 1),
        },
      ],
    },
    asUsers('free', 'free', 'pro', 'pro', 'pro'),
    [200, 429, 200, 200, 429],
  ),

  '`message` that is text': compare({ message: 'Slow down.' }, { limits: [everyone], body: () => 'Slow down.' }, refusal, [
    429,
    '3600',
    'text/plain',
    'Slow down.',
  ]),

  '`message` that is data, or a function': compare(
    { message: () => ({ slow: 'down' }) },
    { limits: [everyone], body: () => ({ slow: 'down' }) },
    refusal,
    [429, '3600', 'application/json', '{"slow":"down"}'],
  ),

  '`statusCode: 503`': compare({ statusCode: 503 }, { limits: [{ ...everyone, status: 503 }] }, thrice, [200, 200, 503]),

  '`handler`': compare(
    { handler: (c) => c.json({ slow: 'down' }, 418) as never },
    { limits: [everyone], onRefused: (c) => c.json({ slow: 'down' }, 418) },
    refusal,
    [418, '3600', 'application/json', '{"slow":"down"}'],
  ),

  '`skip`': compare(
    { skip: (c) => c.req.path === '/welcome' },
    { limits: [everyone], when: (c) => c.req.path !== '/welcome' },
    ({ statuses }) => statuses('/welcome', '/welcome', '/', '/', '/', '/welcome'),
    [200, 200, 200, 200, 429, 200],
  ),

  '`skipFailedRequests`': compare(
    { skipFailedRequests: true },
    { limits: [everyone], settle: ({ status }) => (status >= 400 ? 0 : undefined) },
    ({ statuses }) => statuses('/fails', '/fails', '/fails', '/', '/', '/'),
    [500, 500, 500, 200, 200, 429],
  ),

  '`skipSuccessfulRequests`': compare(
    { skipSuccessfulRequests: true },
    { limits: [everyone], settle: failuresOnly },
    ({ statuses }) => statuses('/', '/', '/', '/fails', '/fails', '/'),
    [200, 200, 200, 500, 500, 429],
  ),

  '`requestWasSuccessful`': compare(
    { skipSuccessfulRequests: true, requestWasSuccessful: (c) => c.res.headers.get('X-Login') === 'welcome' },
    { limits: [everyone], settle: ({ header }) => (header('X-Login') === 'welcome' ? 0 : 1) },
    ({ statuses }) => statuses('/welcome', '/welcome', '/welcome', '/', '/', '/welcome'),
    [200, 200, 200, 200, 200, 429],
  ),
}
