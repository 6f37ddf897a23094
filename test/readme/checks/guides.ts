/** Programs of guides and READMEs whose text says what a client sees. */

import { createLimiter, everyone, tokenBucket } from '@sluice/core'
import type { RedisStore } from '@sluice/redis'
import { hostileLogins } from '../../examples/hostile-logins.ts'
import type { Check } from '../checks.ts'
import { json, passed, statuses, times } from './statuses.ts'

/** The address that a route answers, for a client behind the proxies of the page. */
function counted(headers: Readonly<Record<string, string>>, address: string): Check {
  return { see: async ({ url, fetch }) => await (await fetch(url, { headers })).text(), seen: address }
}

/** Who decides on the store that a page makes. */
const decidesInRedis: Check = {
  async see({ exports }) {
    const store = exports.store as RedisStore
    await store.ready()
    const limits = [{ name: 'one', by: everyone, rule: tokenBucket({ capacity: 9, per: '1h' }) }]
    const { decidedBy } = await createLimiter({ store, limits }).peek()
    await store.close()
    return decidedBy
  },
  seen: 'store',
}

const chat = (maxTokens: number): RequestInit => json({ prompt: 'hello', maxTokens }, { 'X-User': 'ada' })

export const guides: Readonly<Record<string, Check>> = {
  'README.md: By user, by account, by failure': {
    see: async (program) => {
      const login = (account: string, password: string) => ['/login', json({ account, password })] as const
      const known = await statuses(program, ...times(7, ...login('ada', 'sesame')))
      const guessed = await statuses(program, ...times(6, ...login('ada', 'guess')), login('bob', 'sesame'))
      const hostile = await hostileLogins(program.url)
      return [known, guessed, hostile.filter((status) => status < 400 || status >= 500), hostile.includes(429)]
    },
    seen: [passed(7, 0), [...Array(5).fill(401), 429, 200], [], true],
  },
  'README.md: Costs that are known after the response': {
    see: (program) => statuses(program, ['/none'], ['/chat', chat(50_000)], ['/chat', chat(99_000)], ['/chat', chat(100_000)]),
    seen: [404, 200, 200, 429],
  },
  'docs/guides/redis-clients.md: ioredis': decidesInRedis,
  'docs/guides/redis-clients.md: iovalkey': decidesInRedis,
  'docs/guides/redis-clients.md: node-redis': decidesInRedis,
  // The listed proxies are those of the page, and the test is none of them.
  'docs/recipes/nginx.md: nginx': counted({ 'X-Forwarded-For': '1.2.3.4, 203.0.113.9' }, '203.0.113.9'),
  'docs/recipes/cloudflare.md: Cloudflare': counted({ 'CF-Connecting-IP': '1.2.3.4' }, '127.0.0.1'),
  'docs/recipes/aws-alb.md: AWS load balancer': counted({ 'X-Forwarded-For': '1.2.3.4' }, '127.0.0.1'),
  'docs/guides/behind-a-proxy.md: One address, one form': {
    see: (program) => statuses(program, ['/', { headers: { 'X-Edge-Client': '203.0.113.9' } }], ['/']),
    seen: [404, 500],
  },
  'docs/guides/behind-a-proxy.md: Connections without an address (2)': {
    see: async ({ exports }) => {
      const app = exports.__app as { request(path: string, init: RequestInit): Promise<Response> }
      const response = await app.request('/', { headers: { 'X-Forwarded-For': '1.2.3.4, 203.0.113.9' } })
      return [response.status, response.headers.get('ratelimit')]
    },
    seen: [404, '"ip";r=99;t=1'],
  },
  'packages/dashboard/README.md: The quota page': {
    see: async ({ url, fetch }) => {
      const ask = (path: string, cookie: string) => fetch(url + path, { headers: { cookie } })
      for (let i = 0; i < 3; i++) await ask('/', 'session=of-ann')
      const page = await (await ask('/quota', 'session=of-ann')).text()
      const plan = page.includes('<bdi>Acme</bdi> · plan <bdi>Plus</bdi>')
      return [/You can make 9[78] more requests now\./.test(page), plan, (await ask('/quota', '')).status]
    },
    seen: [true, true, 404],
  },
  "packages/dashboard/README.md: The operators' page": {
    see: async ({ url, fetch }) => {
      const ask = (cookie: string) => fetch(`${url}/operators`, { headers: { cookie } })
      const [page, nobody] = [await ask('session=of-ann'), await ask('')]
      return [page.status, (await page.text()).includes('Limits now'), nobody.status]
    },
    seen: [200, true, 403],
  },
}
