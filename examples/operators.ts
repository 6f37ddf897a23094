/** An API with limits, a live page of them for its operators, and traffic to look at: `pnpm example operators`. */
import { timingSafeEqual } from 'node:crypto'
import { ban, tokenBucket } from '@sluice/core'
import { createLiveView } from '@sluice/dashboard'
import { operatorsPage } from '@sluice/dashboard/fastify'
import { sluice } from '@sluice/fastify'
import Fastify, { type FastifyRequest, type onRequestAsyncHookHandler } from 'fastify'

const operator = { name: 'ann', password: process.env.OPERATOR_PASSWORD ?? 'sesame' }

/** Who the operator is, by HTTP Basic authentication. A real application asks its own sessions. */
function authorize({ headers }: FastifyRequest): string | null {
  const given = Buffer.from(headers.authorization ?? '')
  const wanted = Buffer.from(`Basic ${Buffer.from(`${operator.name}:${operator.password}`).toString('base64')}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? operator.name : null
}

const app = Fastify()

await app.register(sluice, {
  limits: [
    {
      name: 'user',
      by: ({ headers }) => String(headers['x-user'] ?? 'anonymous'),
      rule: tokenBucket({ capacity: 20, per: '10s' }),
      ban: ban({ after: 200, within: '1m', for: '1m' }),
    },
  ],
})

const view = createLiveView({ limiters: [app.sluice], keys: 'plain' })

const free = { config: { sluice: false } } as const
/** Browsers ask for the password. */
const password: onRequestAsyncHookHandler = async (request, reply) => {
  if (authorize(request) === null) return reply.code(401).header('WWW-Authenticate', 'Basic realm="operators"').send()
}
app.all('/operators', { ...free, onRequest: password }, operatorsPage({ view, authorize, audit: (event) => console.log(event) }))

app.get('/', async () => 'hello')

const port = Number(process.env.PORT ?? 3000)
console.log(`listening on ${await app.listen({ port })}`)

/** Users of all kinds: most are calm, and one sends far too much. */
const users = ['ada', 'bob', 'cleo', 'dan', 'mallory', 'mallory', 'mallory', 'mallory']
setInterval(() => {
  const user = users[Math.floor(Math.random() * users.length)]!
  void app.inject({ url: '/', headers: { 'x-user': user } })
}, 100).unref()
