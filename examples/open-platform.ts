/**
 * An open platform: an API's capacity (10/s, undisclosed) > an application's rate (4/s or 6/s, by its plan) > a seller's half of that.
 * A call passes only if every layer pays, and a refusal charges none of them: `pnpm example open-platform`.
 */
import { createLimiter, shareOf, tokenBucket } from '@sluice/core'
import { bind, sluice } from '@sluice/fastify'
import { redisStore } from '@sluice/redis'
import Fastify from 'fastify'
import { Redis } from 'ioredis'

interface Call {
  api: string
  application: string
  seller: string | null
}

const perSecond = (capacity: number) => tokenBucket({ capacity, per: '1s', mode: 'interval' })

const apiCapacity = perSecond(10)
const plans = { basic: perSecond(4), plus: perSecond(6) }
const planOf = (application: string): keyof typeof plans => (application.startsWith('plus-') ? 'plus' : 'basic')

const { REDIS_URL } = process.env

const platform = createLimiter<Call>({
  store: REDIS_URL === undefined ? undefined : redisStore(new Redis(REDIS_URL)),
  limits: [
    { name: 'api', by: (call) => call.api, rule: apiCapacity, disclose: false },
    { name: 'application', by: (call) => [call.api, call.application], rule: (call) => plans[planOf(call.application)] },
    {
      name: 'seller',
      by: (call) => (call.seller === null ? null : [call.api, call.application, call.seller]),
      rule: shareOf('application', 0.5),
    },
  ],
})

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

console.log(`listening on ${await app.listen({ port: Number(process.env.PORT ?? 3000) })}`)
