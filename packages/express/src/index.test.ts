/** What users write, as the compiler sees it: the wrong uses are errors before anything runs. */
import { createLimiter, type Store, skip, tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import express from 'express'
import { expect, test } from 'vitest'
import { bind, failuresOnly, nodeSluice, sluice } from './index.ts'

interface User {
  readonly id: string
}
declare global {
  namespace Express {
    interface Request {
      user?: User
    }
  }
}
interface LoginBody {
  readonly account: string
}

const rule = tokenBucket({ capacity: 100, per: '1m' })
const store: Store | undefined = undefined

test('guards fit wherever Express takes middleware', () => {
  const web = express()
  const guard = sluice({
    store,
    limits: [
      { name: 'ip', rule },
      { name: 'user', by: (req) => req.user?.id ?? skip, rule },
    ],
  })
  web.use(guard)
  web.use('/api', guard, guard.with({ cost: 2 }))
  const router = express.Router()
  router.use(guard.with({ limits: [{ name: 'router', rule }] }))
  router.post(
    '/login',
    express.json(),
    guard.with({
      limits: [{ name: 'account', by: (req: express.Request<object, unknown, LoginBody>) => req.body.account, rule, settle: failuresOnly }],
    }),
    async (req, res) => {
      await req.sluice.settle(1)
      res.json({})
    },
  )
  router.get('/items/:id', guard.with({ cost: 5 }), (req, res) => {
    res.json({ id: req.params.id })
  })
  web.use('/api', router)
  // @ts-expect-error an absent user is not silently everybody's bucket
  const careless = { limits: [{ name: 'user', by: (req) => req.user?.id, rule }] } satisfies Parameters<typeof sluice>[0]
  expect(careless.limits).toHaveLength(1)
})

test('a limit that knows no framework fits every guard', () => {
  const apiKey: HttpLimit = { name: 'key', by: (_request, http) => http.header('x-api-key') ?? skip, rule }
  express().use(sluice({ limits: [apiKey] }))
  nodeSluice({ limits: [apiKey] })
})

test('a limiter of domain subjects is bound to requests', () => {
  const shared = createLimiter<{ user: string }>({ limits: [{ name: 'export', by: (who) => who.user, rule }] })
  const guard = sluice({ limits: [] })
  express().post('/export', guard.with({ limiter: bind(shared, (req) => (req.user ? { user: req.user.id } : skip)) }))
  // @ts-expect-error the subject is checked
  bind(shared, () => ({ account: 1 }))
})

test.each<[unknown, string]>([
  [undefined, 'SLUICE_OPTION_TYPE'],
  [{ limit: [] }, 'SLUICE_OPTION_UNKNOWN'],
  [{ limits: [{ name: 'ip', rule, hook: 'preHandler' }] }, 'SLUICE_HOOK'],
  [{ limits: [{ name: 'ip', rule, by: 'ip' }] }, 'SLUICE_OPTION_TYPE'],
  [{ limits: 'ip' }, 'SLUICE_OPTION_TYPE'],
  [{ limits: [], trust: ['everybody'] }, 'SLUICE_CIDR'],
  [{ limits: [], onRefused: 'no' }, 'SLUICE_OPTION_TYPE'],
])('a wrong option is said at start-up: %j', (options, code) => {
  expect(() => sluice(options as never)).toThrow(expect.objectContaining({ code }))
})

test('a wrong option of a route is said at start-up', () => {
  const guard = sluice({ limits: [{ name: 'ip', rule }] })
  expect(() => guard.with({ costs: 1 } as never)).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_UNKNOWN' }))
  expect(() => guard.with({ limits: [{ name: 'ip', rule }] })).toThrow(expect.objectContaining({ code: 'SLUICE_LIMIT_TWICE' }))
})
