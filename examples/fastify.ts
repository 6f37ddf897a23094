/** A Fastify server with limits: `pnpm example fastify`. With REDIS_URL set, all its processes share them. */
import { tokenBucket } from '@sluice/core'
import { type FastifyLimit, failuresOnly, sluice } from '@sluice/fastify'
import { redisStore } from '@sluice/redis'
import Fastify, { type FastifyRequest } from 'fastify'
import { Redis } from 'ioredis'

interface Login {
  account: string
  password: string
}

/** Ten requests at once, then one every six seconds, for each client address. */
const perClient: FastifyLimit = { name: 'ip', rule: tokenBucket({ capacity: 10, per: '1m' }) }

/** The login in a body. A client may send anything, or nothing: what is no text counts as an empty one. */
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const loginOf = (body: unknown): Login => {
  const { account, password } = Object(body)
  return { account: text(account), password: text(password) }
}

/** Five wrong passwords a minute for each account; right ones are free. */
const perAccount = {
  name: 'account',
  by: (request: FastifyRequest) => loginOf(request.body).account,
  rule: tokenBucket({ capacity: 5, per: '1m' }),
  settle: failuresOnly,
}

/** One export a second for each client address. */
const perExport: FastifyLimit = { name: 'exports', rule: tokenBucket({ capacity: 1, per: '1s' }) }

const { REDIS_URL } = process.env

const app = Fastify()

app.register(sluice, {
  limits: [perClient],
  store: REDIS_URL === undefined ? undefined : redisStore(new Redis(REDIS_URL)),
  // `draft-11` is the default; octokit needs the second, and the OpenAI SDK waits exactly with the third.
  headers: ['draft-11', 'x-ratelimit-epoch', 'retry-after-ms'],
})

app.get('/', async () => ({ hello: 'world' }))
app.get('/search', { config: { sluice: { cost: 5 } } }, async () => ({ found: [] })) // dearer
app.get('/health', { config: { sluice: false } }, async () => ({ status: 'up' })) // free
app.get('/export', { config: { sluice: { inherit: false, limits: [perExport] } } }, async () => ({ rows: 3 })) // its own limit alone
app.post('/login', { config: { sluice: { limits: [perAccount] } } }, async (request, reply) => {
  const { account, password } = loginOf(request.body)
  return password === 'sesame' ? { welcome: account } : reply.code(401).send({ welcome: null })
})

console.log(`listening on ${await app.listen({ port: Number(process.env.PORT ?? 3000) })}`)
