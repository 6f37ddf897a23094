/** rate-limiter-flexible and `createLimiter`, row by row. Neither knows HTTP, so that a small server asks them. */
import { createServer, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLimiter, fixedWindow, type SyncLimiter } from '@sluice/core'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { bodies, type Comparison, type Comparisons } from '../comparison.ts'

/** What the server does for each path. An answer is the body; `refused` makes it a 429. */
type Verbs = Readonly<Record<string, () => Promise<Answer> | Answer>>

interface Answer {
  readonly refused?: boolean
  readonly body?: unknown
}

function serverOf(verbs: Verbs): Server {
  return createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const { refused = false, body = null } = await verbs[request.url!.slice(1)]!()
      response.writeHead(refused ? 429 : 200).end(JSON.stringify(body))
    }
    void answer()
  })
}

/** What the peer is used for: it rejects with its answer where it refuses. */
function theirVerbs(limiter: RateLimiterMemory): Verbs {
  const left = (answer: RateLimiterRes | null): unknown => (answer === null ? null : { remaining: answer.remainingPoints })
  const withWait = (answer: RateLimiterRes): unknown => ({
    remaining: answer.remainingPoints,
    waitSeconds: Math.ceil(answer.msBeforeNext / 1000),
  })
  const consume = async (): Promise<Answer> => {
    try {
      return { body: withWait(await limiter.consume('ada')) }
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused
      return { refused: true, body: withWait(refused) }
    }
  }
  return {
    consume,
    get: async () => ({ body: left(await limiter.get('ada')) }),
    reward: async () => ({ body: void (await limiter.reward('ada', 1)) }),
    block: async () => ({ body: void (await limiter.block('ada', 3600)) }),
    blockForever: async () => ({ body: void (await limiter.block('ada', 0)) }),
    delete: async () => ({ body: void (await limiter.delete('ada')) }),
  }
}

/** The same with ours, which answers a refusal as it answers anything else. */
function ourVerbs(limiter: SyncLimiter<string>): Verbs {
  const consume = (): Answer => {
    const { allowed, limits } = limiter.consume('ada')
    const { remaining, resetAfterMs } = limits[0]!
    return { refused: !allowed, body: { remaining, waitSeconds: Math.ceil(resetAfterMs / 1000) } }
  }
  return {
    consume,
    get: () => {
      const status = limiter.inspect('points', 'ada')
      return { body: status === null ? null : { remaining: status.remaining } }
    },
    reward: () => ({ body: limiter.refund('ada') }),
    block: () => ({ body: limiter.block('points', 'ada', '1h') }),
    blockForever: () => ({ body: limiter.block('points', 'ada', 'forever') }),
    delete: () => ({ body: limiter.reset('points', 'ada') }),
  }
}

function compare(see: Comparison['see'], seen: unknown, duration = 3600): Comparison {
  return {
    theirs: () => serverOf(theirVerbs(new RateLimiterMemory({ points: 2, duration }))),
    ours: () => {
      const rule = fixedWindow({ capacity: 2, per: `${duration}s`, align: 'first' })
      return serverOf(ourVerbs(createLimiter<string>({ limits: [{ name: 'points', by: (user) => user, rule }] })))
    },
    see,
    seen,
  }
}

export const comparisonsWithRateLimiterFlexible: Comparisons = {
  '`points`, `duration`': compare(
    async ({ ask, statuses }) => {
      const passed = await statuses('/consume', '/consume')
      const refused = await ask('/consume')
      await sleep((JSON.parse(refused.body) as { waitSeconds: number }).waitSeconds * 1000)
      return [passed, refused.status, await statuses('/consume', '/consume', '/consume')]
    },
    [[200, 200], 429, [200, 200, 429]],
    2,
  ),

  '`remainingPoints`, `msBeforeNext`': compare(
    (client) => bodies(client, 'consume', 'consume', 'consume'),
    [
      { remaining: 1, waitSeconds: 3600 },
      { remaining: 0, waitSeconds: 3600 },
      { remaining: 0, waitSeconds: 3600 },
    ],
  ),

  '`get(key)`': compare(
    (client) => bodies(client, 'get', 'consume', 'get', 'get'),
    [null, { remaining: 1, waitSeconds: 3600 }, { remaining: 1 }, { remaining: 1 }],
  ),

  '`reward(key)`': compare(
    ({ statuses }) => statuses('/consume', '/consume', '/reward', '/consume', '/consume'),
    [200, 200, 200, 200, 429],
  ),

  '`block(key, seconds)`': compare(({ statuses }) => statuses('/consume', '/block', '/consume'), [200, 200, 429]),

  '`block(key, 0)`, for ever': compare(
    ({ statuses }) => statuses('/consume', '/blockForever', '/consume', '/delete', '/consume'),
    [200, 200, 429, 200, 200],
  ),

  '`delete(key)`': compare(
    ({ statuses }) => statuses('/block', '/consume', '/delete', '/consume', '/consume', '/consume'),
    [200, 429, 200, 200, 200, 429],
  ),
}
