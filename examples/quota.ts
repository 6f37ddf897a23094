/** An API with plans, the quota page of its users, and a button that greys out at the limit: `pnpm example quota`. */
import { createLimiter, skip, tokenBucket } from '@sluice/core'
import { quotaPage } from '@sluice/dashboard/fastify'
import { bind, quota, quotaHistory, sluice } from '@sluice/fastify'
import Fastify, { type FastifyRequest } from 'fastify'
import { browserModule, searchPage } from './quota/search-page.ts'

interface User {
  readonly name: string
  readonly plan: 'free' | 'plus'
}

/** Requests of each plan in a minute and in a day. */
const plans = { free: { minute: 10, day: 300 }, plus: { minute: 60, day: 5000 } }

const users = new Map<string, User>([
  ['ann', { name: 'ann', plan: 'plus' }],
  ['bob', { name: 'bob', plan: 'free' }],
])

/** Who sends a request, by its session. A real one is a secret; the one here is the name. */
const userOf = ({ headers }: FastifyRequest): User | null => users.get(/\buser=(\w+)/.exec(headers.cookie ?? '')?.[1] ?? '') ?? null

const limiter = createLimiter<User>({
  limits: [
    { name: 'requests', by: (user) => user.name, rule: ({ plan }) => tokenBucket({ capacity: plans[plan].minute, per: '1m' }) },
    { name: 'daily', by: (user) => user.name, rule: ({ plan }) => tokenBucket({ capacity: plans[plan].day, per: '1d' }) },
  ],
})

const app = Fastify()

app.register(sluice, { limiter: bind(limiter, (request) => userOf(request) ?? skip) })

/** The session says whose quota it is. Answers to one user are kept for a second. */
const ofUser = { limiter, identify: userOf, id: (user: User) => user.name, history: quotaHistory(limiter) }
const free = { config: { sluice: false } } as const

app.get('/quota.json', free, quota(ofUser))
app.get('/quota', free, quotaPage({ ...ofUser, describe: ({ name, plan }) => ({ account: name, plan }) }))

app.get('/api/search', async () => ({ found: ['tea', 'coffee'] }))

app.get('/', free, (request, reply) => reply.type('text/html').send(searchPage(userOf(request)?.name)))
app.get('/sluice.js', free, (_request, reply) => reply.type('text/javascript').send(browserModule()))
app.get('/as/:name', free, (request, reply) => {
  const { name } = request.params as { readonly name: string }
  return reply.header('Set-Cookie', `user=${users.has(name) ? name : ''}; Path=/; HttpOnly; SameSite=Lax`).redirect('/')
})

console.log(`listening on ${await app.listen({ port: Number(process.env.PORT ?? 3000) })}`)
