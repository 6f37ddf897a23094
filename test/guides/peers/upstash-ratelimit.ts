/** @upstash/ratelimit and `createLimiter`, row by row, on one Redis. Neither knows HTTP, so that a small server asks them. */
import { createServer, type Server } from 'node:http'
import { createLimiter, fixedWindow, type Limiter, type Rule, slidingWindow } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Ratelimit } from '@upstash/ratelimit'
import { bodies, type Client, type Comparison, type Comparisons } from '../comparison.ts'
import { redisOfGuide, upstashClient } from '../redis-of-guide.ts'

/** What the server does for each path. Its answer is the body; a refusal is a 429. */
type Verbs = Readonly<Record<string, () => Promise<unknown>>>

interface Answer {
  readonly success: boolean
  readonly limit: number
  readonly remaining: number
}

function serverOf(verbs: Promise<Verbs>): Server {
  return createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = await (await verbs)[request.url!.slice(1)]!()
      const refused = (body as Partial<Answer> | null)?.success === false
      response.writeHead(refused ? 429 : 200).end(JSON.stringify(body ?? null))
    }
    answer().catch((error: unknown) => void response.writeHead(500).end(String(error)))
  })
}

function theirVerbs(ratelimit: Ratelimit): Verbs {
  const answer = ({ success, limit, remaining }: Answer): Answer => ({ success, limit, remaining })
  return {
    limit: async () => answer(await ratelimit.limit('ada')),
    limit3: async () => answer(await ratelimit.limit('ada', { rate: 3 })),
    remaining: async () => (await ratelimit.getRemaining('ada')).remaining,
    reset: async () => void (await ratelimit.resetUsedTokens('ada')),
  }
}

function ourVerbs(limiter: Limiter<string>): Verbs {
  const consume = async (cost?: number): Promise<Answer> => {
    const { allowed, limits } = await limiter.consume('ada', cost === undefined ? {} : { cost })
    return { success: allowed, limit: limits[0]!.capacity, remaining: limits[0]!.remaining }
  }
  return {
    limit: () => consume(),
    limit3: () => consume(3),
    remaining: async () => (await limiter.peek('ada')).limits[0]!.remaining,
    reset: async () => void (await limiter.reset('user', 'ada')),
  }
}

let started = 0

function compare(theirs: ReturnType<typeof Ratelimit.fixedWindow>, rule: Rule, see: Comparison['see'], seen: unknown): Comparison {
  // Each server has keys of its own.
  const prefix = `guide-${++started}`
  return {
    theirs: () =>
      serverOf(
        redisOfGuide().then((redis) =>
          theirVerbs(new Ratelimit({ redis: upstashClient(redis), limiter: theirs, prefix, ephemeralCache: false })),
        ),
      ),
    ours: () =>
      serverOf(
        redisOfGuide().then((redis) => {
          const store = redisStore(redis, { prefix, processes: 1, timeout: '10s' })
          return ourVerbs(createLimiter<string>({ store, limits: [{ name: 'user', by: (user) => user, rule }] }))
        }),
      ),
    see,
    seen,
  }
}

// A window that no test crosses.
const fixed = (capacity: number) => [Ratelimit.fixedWindow(capacity, '30 d'), fixedWindow({ capacity, per: '30d' })] as const
const sliding = (capacity: number) => [Ratelimit.slidingWindow(capacity, '30 d'), slidingWindow({ capacity, per: '30d' })] as const
const thrice = ({ statuses }: Client): Promise<readonly number[]> => statuses('/limit', '/limit', '/limit')

export const comparisonsWithUpstashRatelimit: Comparisons = {
  '`Ratelimit.fixedWindow(tokens, window)`': compare(...fixed(2), thrice, [200, 200, 429]),

  '`Ratelimit.slidingWindow(tokens, window)`': compare(...sliding(2), thrice, [200, 200, 429]),

  '`success`, `limit`, `remaining`': compare(...fixed(2), (client) => bodies(client, 'limit', 'limit', 'limit'), [
    { success: true, limit: 2, remaining: 1 },
    { success: true, limit: 2, remaining: 0 },
    { success: false, limit: 2, remaining: 0 },
  ]),

  '`limit(id, { rate })`': compare(...fixed(7), (client) => bodies(client, 'limit3', 'limit3', 'remaining'), [
    { success: true, limit: 7, remaining: 4 },
    { success: true, limit: 7, remaining: 1 },
    1,
  ]),

  '`getRemaining(id)`': compare(...fixed(2), (client) => bodies(client, 'remaining', 'remaining', 'limit', 'remaining'), [
    2,
    2,
    { success: true, limit: 2, remaining: 1 },
    1,
  ]),

  '`resetUsedTokens(id)`': compare(
    ...fixed(1),
    ({ statuses }) => statuses('/limit', '/limit', '/reset', '/limit', '/limit'),
    [200, 429, 200, 200, 429],
  ),
}
