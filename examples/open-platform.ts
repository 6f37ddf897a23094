/**
 * An open platform: an API's capacity (10/s, undisclosed) > an application's rate, by its plan > a seller's half of that.
 * A call passes only if every layer pays, and a refusal charges none of them: `pnpm example open-platform`.
 * With REDIS_URL, processes share the limits. POLICY names a file, or there a key, whose numbers replace these while it runs.
 */
import { burstMax, createLimiter, type Limit, type Rule, shareOf, skip, tokenBucket } from '@sluice/core'
import { bind, sluice } from '@sluice/fastify'
import { followPolicy, policyFile } from '@sluice/policy'
import { redisPolicy, redisStore } from '@sluice/redis'
import Fastify from 'fastify'
import { Redis } from 'ioredis'

interface Call {
  api: string
  application: string
  seller: string | null
}

const perSecond = (capacity: number) => tokenBucket({ capacity, per: '1s', mode: 'interval' })
// Two a second, of which the next second's two may be taken in advance: that second then admits none.
const burst = burstMax({ refill: 2, per: '1s' })
const plans = new Map<string, Rule>(Object.entries({ basic: perSecond(4), plus: perSecond(6), burst }))
const planOf = (application: string): Rule => plans.get(application.replace(/-.*/, '')) ?? perSecond(4)

const limits: Limit<Call>[] = [
  { name: 'api', by: (call) => call.api, rule: perSecond(10), disclose: false },
  { name: 'application', by: (call) => [call.api, call.application], rule: (call) => planOf(call.application) },
  { name: 'seller', by: (c) => (c.seller === null ? skip : [c.api, c.application, c.seller]), rule: shareOf('application', 0.5) },
]

const { PORT = '3000', REDIS_URL, POLICY } = process.env
const redis = REDIS_URL === undefined ? undefined : new Redis(REDIS_URL)
const platform = createLimiter({ limits, store: redis && redisStore(redis, { processes: 2, timeout: '500ms' }) })
if (POLICY !== undefined) {
  const source = redis === undefined ? policyFile(POLICY) : redisPolicy(redis, POLICY)
  await followPolicy({ limiter: platform, limits, source, observe: console.log })
}

const app = Fastify()

// Who calls is known by headers here; a real platform reads it from the access token.
app.addHook('onRequest', async (request, reply) => {
  if (request.headers['x-application'] === undefined) return reply.code(401).send({ error: 'Say who you are: X-Application.' })
})

app.register(sluice, {
  limiter: bind(platform, (_request, http) => ({
    api: http.route ?? 'none',
    application: http.header('x-application') ?? 'none',
    seller: http.header('x-seller') ?? null,
  })),
  headers: ['draft-11', { preset: 'gateway', prefix: 'GNCP-GW' }],
})

app.get('/v1/orders', async () => ({ orders: [] }))
app.get<{ Params: { id: string } }>('/v1/products/:id', async (request) => ({ id: request.params.id }))

console.log(`listening on ${await app.listen({ port: Number(PORT) })}`)
